"""What people read, in French and English: one catalogue per language, looked up by code."""

from controller.text.catalogue import LANGUAGES as LANGUAGES
from controller.text.catalogue import Catalogue as Catalogue
from controller.text.catalogue import language as language
