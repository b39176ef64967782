"""Commands a real switch has and this one does not: they keep abbreviations as ambiguous as on the device.

Cisco IOS Master Command List.
"""

CONFIGURATION = """
aaa access-session alias archive arp authentication boot cdp class-map clock control-plane crypto
device diagnostic dot1x errdisable event file key lacp lldp logging mac monitor network ntp
policy-map port-channel power priority privilege radius route-map router scheduler sdm service
snmp-server spanning-tree switch system tacacs template track udld vrf wsma
"""

LOGGING = """
alarm buffered console discriminator exception facility history host monitor on origin-id persistent
queue-limit rate-limit snmp-trap source-interface synchronous trap userinfo
"""

EXEC = """
archive cd clock connect crypto debug delete dir disconnect erase format help lock logging login
monitor more mstat mtrace name-connection no ping pwd release rename renew request resume rsh send
set slip software ssh start-chat systat tclsh telnet test traceroute tunnel undebug upgrade verify
vlan vtp where which
"""

SHOW = """
aaa arp archive authentication boot buffers cdp cef class-map clock controllers crypto debugging
dot1x environment errdisable event file flash flowcontrol hardware history hosts interfaces
inventory ip ipv6 lacp license line lldp location mac memory module monitor ntp platform policy-map
port-security power privilege processes protocols qos radius redundancy reload running-config
sessions snmp spanning-tree ssh startup-config storm-control switch tacacs tcp tech-support udld
users version vlan vrf vtp
"""

INTERFACE = """
authentication bandwidth cdp carrier-delay duplex keepalive lacp lldp load-interval logging mtu
power service-policy snmp speed storm-control udld
"""
