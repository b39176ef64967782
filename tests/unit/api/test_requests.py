"""What holds for every route: acts that count once, edits that know what they edit, pages, problems."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from starlette.testclient import TestClient

from controller.api.app import create_app
from controller.api.service import Service
from controller.api.shell import MOST
from controller.engine.people.roles import Role
from controller.engine.planning.plans import Return
from controller.workers.office import Cut
from tests.unit.api.house import INVENTORY, ROOT, House, house

CUT = {"action": "isolate", "subjects": ["office"], "reason": "test"}


def written(client: TestClient, text: str, key: str | None = None) -> int:
    headers = {"Idempotency-Key": key} if key else {}
    answer = client.post("/logbook", json={"text": text}, headers=headers)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["seq"])


def finished(at: House) -> None:
    """Devices that nobody reaches by machine are done with at once."""
    while at.office.under_way():
        pass


def notes(client: TestClient) -> list[str]:
    items = client.get("/logbook", params={"tag": "person:log", "limit": 500}).json()["items"]
    return [each["text"] for each in items]


# --- Idempotency-Key ---------------------------------------------------------------------------------


def test_an_act_asked_twice_under_one_key_is_done_once(at: House) -> None:
    client = at.as_role(Role.RESPONDER)
    assert written(client, "one", "k1") == written(client, "one", "k1")
    assert notes(client) == ["one"]
    assert written(client, "one") != written(client, "one")
    assert notes(client) == ["one"] * 3


def test_a_key_with_another_body_is_refused(at: House) -> None:
    client = at.as_role(Role.RESPONDER)
    written(client, "one", "k1")
    refused = client.post("/logbook", json={"text": "two"}, headers={"Idempotency-Key": "k1"})
    assert (refused.status_code, refused.json()["code"]) == (422, "key-reused")
    assert notes(client) == ["one"]


def test_a_key_is_its_owners_alone(at: House) -> None:
    written(at.as_role(Role.RESPONDER), "one", "k1")
    written(at.as_role(Role.RESTORER), "two", "k1")
    assert notes(at.as_role(Role.VIEWER)) == ["one", "two"]


def test_what_was_refused_may_be_asked_again_under_its_key(at: House) -> None:
    client = at.as_role(Role.RESPONDER)
    asked = {**CUT, "plan": "0" * 64}
    for _ in range(2):
        refused = client.post("/runs", json=asked, headers={"Idempotency-Key": "k1"})
        assert (refused.status_code, refused.json()["hazards"][0]["code"]) == (409, "plan-changed")


def test_a_cut_asked_twice_is_one_run_also_after_a_restart(tmp_path: Path) -> None:
    with house(tmp_path) as at:
        client = at.as_role(Role.RESPONDER)
        first = client.post("/runs", json=CUT, headers={"Idempotency-Key": "k1"})
        assert first.status_code == 202, first.text
        again = client.post("/runs", json=CUT, headers={"Idempotency-Key": "k1"})
        assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
        written(client, "one", "k2")
        cookies = at.headers(Role.RESPONDER)
    with house(tmp_path) as at:
        client = at.stranger(**cookies)
        again = client.post("/runs", json=CUT, headers={"Idempotency-Key": "k1"})
        assert (again.status_code, again.json()["run"]) == (202, first.json()["run"])
        assert again.headers["location"] == first.headers["location"]
        assert (
            client.post("/logbook", json={"text": "one"}, headers={"Idempotency-Key": "k2"}).status_code
            == 201
        )
        other = client.post("/runs", json={**CUT, "level": 1}, headers={"Idempotency-Key": "k1"})
        assert other.status_code == 422
        assert (len(client.get("/runs").json()["items"]), notes(client)) == (1, ["one"])


def test_a_secret_is_shown_once_whatever_is_asked_again(at: House) -> None:
    client, asked = at.as_role(Role.RESPONDER), {"label": "monitor", "scope": ["view"]}
    first = client.post("/tokens", json=asked, headers={"Idempotency-Key": "k1"}).json()
    again = client.post("/tokens", json=asked, headers={"Idempotency-Key": "k1"}).json()
    assert first["secret"]
    assert again == {**first, "secret": None}
    assert len(client.get("/tokens").json()) == 1


# --- ETag and If-Match -------------------------------------------------------------------------------


def test_an_edit_names_the_version_it_saw(at: House) -> None:
    client, changed = at.as_role(Role.ENGINEER), INVENTORY.replace("priority: 3", "priority: 4")
    kept = client.post("/inventory/revisions", json={"text": changed})
    assert kept.status_code == 201, kept.text
    asked = {"revision": kept.json()["revision"]}
    seen = client.get("/inventory/active").headers["etag"]
    assert client.put("/inventory/active", json=asked).status_code == 428
    wrong = client.put("/inventory/active", json=asked, headers={"If-Match": '"0"'})
    assert (wrong.status_code, wrong.json()["code"]) == (412, "changed-meanwhile")
    assert client.get("/segments/").status_code == 404
    done = client.put("/inventory/active", json=asked, headers={"If-Match": seen})
    assert (done.status_code, done.headers["etag"]) == (200, f'"{asked["revision"]}"')
    office = next(each for each in client.get("/segments").json()["items"] if each["name"] == "office")
    assert office["priority"] == 4
    late = client.put("/inventory/active", json=asked, headers={"If-Match": seen})
    assert late.status_code == 412


def test_revisions_are_compared_and_mistakes_listed_with_their_lines(at: House) -> None:
    client = at.as_role(Role.ENGINEER)
    text = INVENTORY.replace("role: wan, location: {building: B", "role: vpn, location: {building: B")
    revision = client.post("/inventory/revisions", json={"text": text}).json()["revision"]
    found = client.get(f"/inventory/revisions/{revision}/difference").json()
    assert (found["devices"]["changed"], found["segments"]["changed"]) == (["modem"], [])
    assert client.get(f"/inventory/revisions/{revision}").json()["text"] == text
    assert [each["revision"] for each in client.get("/inventory/revisions").json()] == [revision]
    wrong = client.post(
        "/inventory/validate", json={"text": INVENTORY.replace("priority: 3", "priority: high")}
    )
    assert wrong.status_code == 422
    assert [each["line"] for each in wrong.json()["problems"]] == [10]


def test_roles_are_changed_by_who_saw_them(at: House) -> None:
    client = at.as_role(Role.ADMINISTRATOR)
    made = client.post("/users", json={"name": "zoé", "roles": [{"role": "viewer"}]}).json()["user"]
    seen = client.get(f"/users/{made['id']}").headers["etag"]
    asked = {"roles": [{"role": "responder"}]}
    assert client.put(f"/users/{made['id']}", json=asked, headers={"If-Match": '"0"'}).status_code == 412
    done = client.put(f"/users/{made['id']}", json=asked, headers={"If-Match": seen})
    assert (done.status_code, [each["role"] for each in done.json()["roles"]]) == (200, ["responder"])


# --- pages -------------------------------------------------------------------------------------------


def test_pages_together_are_the_list_whatever_is_added_meanwhile(at: House) -> None:
    client = at.as_role(Role.RESPONDER)
    for number in range(7):
        written(client, str(number))
    found, cursor = [], None
    while True:
        asked: dict[str, str | int] = {
            "tag": "person:log",
            "limit": 2,
            **({"cursor": cursor} if cursor else {}),
        }
        answer = client.get("/logbook", params=asked).json()
        found += [each["text"] for each in answer["items"]]
        if not cursor:
            written(client, "7")
        cursor = answer["next"]
        if cursor is None:
            break
    assert found == [str(number) for number in range(8)]
    assert client.get("/logbook", params={"cursor": "xyz"}).json()["code"] == "cursor-unknown"
    points = client.get("/points", params={"limit": 1}).json()
    rest = client.get("/points", params={"cursor": points["next"]}).json()
    assert len(points["items"] + rest["items"]) == 4


# --- problems ----------------------------------------------------------------------------------------


def test_problems_speak_the_language_asked_for(at: House) -> None:
    client = at.as_role(Role.VIEWER)
    french = client.get("/runs/20260101-000000-0000", headers={"Accept-Language": "fr-FR,en;q=0.5"})
    english = client.get("/runs/20260101-000000-0000", headers={"Accept-Language": "de, en;q=0.9, fr;q=0.8"})
    assert french.headers["content-type"] == "application/problem+json"
    assert (french.json()["code"], french.json()["status"]) == ("not-found", 404)
    assert french.json()["type"] == "urn:cordon:problem:not-found"
    assert "intervention" in french.json()["detail"]
    assert "run" in english.json()["detail"]
    assert french.json()["detail"] != english.json()["detail"]


def test_a_refusal_carries_its_hazards(at: House) -> None:
    client = at.as_role(Role.RESPONDER)
    refused = client.post("/runs", json={"action": "isolate", "subjects": ["samu"]})
    assert refused.status_code == 409, refused.text
    assert {each["severity"] for each in refused.json()["hazards"]} == {"refuse"}
    shown = client.post("/plans", json={"action": "isolate", "subjects": ["samu"]})
    assert (shown.status_code, shown.json()["refused"]) == (201, True)


def test_what_is_not_understood_is_said_where_it_stands(at: House) -> None:
    client = at.as_role(Role.RESPONDER)
    wrong = client.post("/runs", json={"action": "isolate", "subjects": ["office"], "speed": "fast"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "request-invalid")
    assert "speed" in wrong.json()["problems"][0]["file"]
    assert client.get("/runs").json()["items"] == []


def test_a_defect_shows_nothing_of_its_inside(at: House, monkeypatch: object) -> None:
    class Broken(Service):
        @property
        def site(self) -> str:
            raise RuntimeError("the inside")

    at.service.__class__ = Broken
    answer = at.as_role(Role.VIEWER).get("/situation")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "inside" not in answer.text


def test_size_and_rate_have_an_end(at: House) -> None:
    client = at.as_role(Role.RESPONDER)
    large = client.post("/logbook", json={"text": "x" * (MOST + 1)})
    assert (large.status_code, large.json()["code"]) == (413, "too-large")

    def unannounced() -> Iterator[bytes]:
        yield b'{"text": "' + b"x" * MOST
        yield b'x"}'

    streamed = client.post("/logbook", content=unannounced(), headers={"Content-Type": "application/json"})
    assert streamed.status_code in (400, 413)
    assert notes(client) == []


def test_who_asks_too_often_waits(tmp_path: Path) -> None:
    with house(tmp_path) as at:
        at.service.rate = 1.0
        client = TestClient(create_app(at.service), "https://testserver/api/v1")
        answers = [client.get("/version") for _ in range(15)]
        codes = [answer.status_code for answer in answers]
        assert codes[:10] == [200] * 10
        assert codes[-1] == 429
        assert int(answers[-1].headers["retry-after"]) >= 1


# --- plans -------------------------------------------------------------------------------------------


def test_plans_are_kept_compared_and_carried_out_as_shown(at: House) -> None:
    client = at.as_role(Role.RESPONDER)
    first = client.post("/plans", json={"action": "isolate", "subjects": ["office"]})
    second = client.post("/plans", json={"action": "isolate", "subjects": ["office", "internet"]})
    assert client.get(first.headers["location"].removeprefix("/api/v1")).json() == first.json()
    one, two = first.json()["plan"], second.json()["plan"]
    found = client.get(f"/plans/{one}/difference/{two}").json()
    assert (len(found["added"]), found["removed"]) == (2, [])
    assert client.get(f"/plans/{one}/hazards").json() == first.json()["hazards"]
    begun = client.post("/runs", json={**CUT, "plan": one})
    assert (begun.status_code, begun.json()["plan"]) == (202, one)
    run = begun.json()["run"]
    errands = client.get(f"/runs/{run}/walk-list").json()
    assert [each["point"]["object"] for each in errands] == ["lan"]
    claimed = client.post(f"/walk-list/{errands[0]['code']}/claim", json={"by": "Zoé"})
    assert claimed.status_code == 201, claimed.text
    held = client.get("/points", params={"held": True}).json()["items"]
    assert [(each["proof"], each["runs"]) for each in held] == [("claimed", [run])]


def test_what_a_restore_brought_back_is_cut_again_and_what_is_listed_is_not_retired(at: House) -> None:
    client = at.as_role(Role.RESTORER)
    assert client.post("/plans", json={"action": "isolate", "wave": 1}).json()["code"] == "not-found"
    at.office.begin_cut(at.office.plan_cut(Cut(subjects=("office",))), "", ROOT)
    finished(at)
    retiring = {"action": "restore", "subjects": ["office"], "retire": True}
    retire = client.post("/plans", json=retiring).json()
    assert retire["refused"]
    assert {each["code"] for each in retire["hazards"]} == {"old-point-still-listed"}
    assert client.post("/plans", json={**retiring, "subjects": [], "next_wave": True}).status_code == 422
    wanted = Return(subjects=("office",))
    run = at.office.begin_return(wanted, at.office.plan_return(wanted).hash, "", ROOT, ()).run
    finished(at)
    again = client.post("/plans", json={"action": "isolate", "of": run}).json()
    assert (again["action"], again["subjects"]) == ("isolate", ["office"])
    assert client.post("/plans", json={"action": "isolate", "of": run, "level": 5}).status_code == 422


# --- two persons -------------------------------------------------------------------------------------


def test_what_is_kept_alive_is_cut_by_two_or_not_at_all(at: House) -> None:
    asks, consents = at.as_role(Role.RESPONDER), at.as_role(Role.APPROVER)
    asked = {"action": "isolate", "subjects": ["samu"], "overrides": ["samu"], "reason": "it spreads there"}
    waits = asks.post("/runs", json=asked, headers={"Idempotency-Key": "k1"})
    assert (waits.status_code, waits.json()["code"]) == (409, "awaiting-approval"), waits.text
    [request] = consents.get("/approvals").json()
    assert (request["requester_name"], request["reason"]) == ("responder", "it spreads there")
    assert consents.get(f"/plans/{request['plan']}").json()["subjects"] == ["samu"]
    own = asks.post(f"/approvals/{request['id']}/approve", json={"plan": request["plan"]})
    assert own.status_code == 403
    other = consents.post(f"/approvals/{request['id']}/approve", json={"plan": "0" * 64})
    assert other.json()["code"] == "plan-differs"
    given = consents.post(f"/approvals/{request['id']}/approve", json={"plan": request["plan"]})
    assert (given.status_code, given.json()["ready"]) == (201, True), given.text
    begun = asks.post("/runs", json=asked, headers={"Idempotency-Key": "k1"})
    assert begun.status_code == 202, begun.text
    assert asks.get(f"/approvals/{request['id']}").json()["run"] == begun.json()["run"]


def test_a_cut_alone_is_countersigned_by_another(at: House) -> None:
    asks, other = at.as_role(Role.RESPONDER), at.as_role(Role.RESTORER)
    run = asks.post("/runs", json=CUT).json()["run"]
    assert [each["run"] for each in other.get("/countersignatures").json()] == [run]
    assert asks.post(f"/runs/{run}/countersign").json()["code"] == "own-run"
    assert other.post(f"/runs/{run}/countersign").status_code == 201
    assert other.get("/countersignatures").json() == []


def test_the_sealed_code_lets_one_person_cut_once(at: House) -> None:
    sealed = at.office.access().glass.seal(ROOT)
    stranger = at.stranger()
    asked = {"code": sealed.code, "name": "Zoé", "reason": "nobody else is here"}
    wrong = stranger.post("/sessions/break-glass", json={**asked, "code": "WRONG-CODE"})
    assert wrong.status_code == 422
    came = stranger.post("/sessions/break-glass", json=asked)
    assert came.status_code == 201, came.text
    inside = at.stranger(
        Cookie=f"__Host-session={came.cookies['__Host-session']}", **{"X-CSRF-Token": came.json()["csrf"]}
    )
    assert inside.post("/runs", json=CUT).status_code == 202
    assert inside.get("/audit").status_code == 403
    assert stranger.post("/sessions/break-glass", json=asked).status_code == 422


# --- what a return waits for ---------------------------------------------------------------------------


def test_persons_state_and_decide_and_everybody_sees_what_is_missing(at: House) -> None:
    asks, decides, looks = at.as_role(Role.RESTORER), at.as_role(Role.APPROVER), at.as_role(Role.VIEWER)
    asks.post("/runs", json=CUT)
    assert looks.get("/gates").json() == []
    said = asks.post("/gates/office/attestations", json={"statement": "edr-clean", "dated": "2026-11-20"})
    assert said.status_code == 201, said.text
    assert looks.post("/gates/office/attestations", json={"statement": "patched"}).status_code == 403
    assert asks.post("/gates/ofice/attestations", json={"statement": "patched"}).status_code == 404
    assert asks.post("/gates/office/decision", json={"go": True}).status_code == 403
    assert decides.post("/gates/office/decision", json={"go": False, "reason": "smoke"}).status_code == 201
    [shown] = looks.get("/gates").json()
    assert [want["code"] for want in shown["wants"]] == ["gate-no-go"]
    assert [each["statement"] for each in shown["attested"]] == ["edr-clean"]
    plan = asks.post("/plans", json={"action": "restore", "everything": True}).json()["plan"]
    refused = asks.post("/runs", json={"action": "restore", "everything": True, "plan": plan})
    assert refused.json()["code"] == "refused", refused.text
    taken = asks.post("/gates/office/attestations/withdraw", json={"statement": "edr-clean"})
    assert taken.json()["id"] == said.json()["id"]
    assert looks.get("/gates/office").json()["attested"] == []


def test_a_part_of_what_is_held_is_planned_and_asked_for_by_name_only(at: House) -> None:
    asks = at.as_role(Role.RESTORER)
    cut = asks.post("/plans", json={"action": "isolate", "subjects": ["internet"]}).json()["plan"]
    assert (
        asks.post("/runs", json={"action": "isolate", "subjects": ["internet"], "plan": cut}).status_code
        == 202
    )
    while at.office.under_way():
        pass
    part = {"action": "restore", "subjects": ["internet"], "points": ["modem"]}
    planned = asks.post("/plans", json=part).json()
    assert [each["code"] for each in planned["hazards"] if each["culprit"] == "internet"] == [
        "partial-points"
    ]
    unheld = asks.post("/plans", json=part | {"points": [], "towards": ["192.0.2.7"]}).json()
    assert unheld["refused"]
    assert asks.post("/plans", json=part | {"points": ["modem lan"]}).status_code == 422
    nobody = {"action": "restore", "everything": True, "towards": ["192.0.2.7"]}
    assert asks.post("/plans", json=nobody).status_code == 422
    assert asks.post("/runs", json=part | {"plan": planned["plan"]}).status_code == 202
    while at.office.under_way():
        pass
    [internet] = [each for each in asks.get("/situation").json()["subjects"] if each["name"] == "internet"]
    assert (internet["back"], internet["held"], internet["towards"]) == (1, 1, [])
