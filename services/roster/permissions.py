"""The one table: which role may call which route of the roster, and how far it reaches (design: trust.md)."""

from __future__ import annotations

from shared.web import EVERYWHERE, OWN_BRANCH, PUBLIC, SELF, WITHIN, allow, permissions
from shared.web.permissions import ROLES

ROSTER_KEEPERS = allow(admin=WITHIN, town_officer=WITHIN)
READERS_OF_MEMBERS = allow(admin=WITHIN, county_supervisor=WITHIN, town_officer=WITHIN, branch_secretary=WITHIN)
WHOEVER_IS_SIGNED_IN = allow(**dict.fromkeys(ROLES, EVERYWHERE))

TABLE = permissions(
    {
        "POST /organizations": ROSTER_KEEPERS,
        "GET /organizations/{organization_id}": WHOEVER_IS_SIGNED_IN,
        "GET /organizations/{organization_id}/tree": allow(
            admin=WITHIN,
            county_supervisor=WITHIN,
            town_officer=WITHIN,
            branch_secretary=WITHIN,
            committee_member=WITHIN,
            member=OWN_BRANCH,
            platform=WITHIN,
            service=WITHIN,
        ),
        "POST /members": ROSTER_KEEPERS,
        "GET /members": READERS_OF_MEMBERS,
        "POST /members/search": READERS_OF_MEMBERS,
        "GET /members/{member_id}": allow(
            admin=WITHIN, county_supervisor=WITHIN, town_officer=WITHIN, branch_secretary=WITHIN, member=SELF, service=WITHIN
        ),
        "POST /members/{member_id}/transfer": ROSTER_KEEPERS,
        "POST /members/{member_id}/status": ROSTER_KEEPERS,
        "POST /members/{member_id}/posts": ROSTER_KEEPERS,
        "POST /members/{member_id}/floating": allow(admin=WITHIN, town_officer=WITHIN, branch_secretary=WITHIN),
        "POST /members/{member_id}/return": allow(admin=WITHIN, town_officer=WITHIN, branch_secretary=WITHIN),
        "POST /profiles/names": allow(service=WITHIN),
        "POST /texts/read": allow(service=WITHIN),
        "PATCH /members/{member_id}/profile": ROSTER_KEEPERS,
        "PUT /members/{member_id}/kin": allow(member=SELF),
        "GET /members/{member_id}/kin": allow(member=SELF, service=WITHIN),
        "GET /members/{member_id}/held": allow(member=SELF, town_officer=WITHIN),
        "GET /members/{member_id}/reads": allow(member=SELF, admin=WITHIN),
        "DELETE /members/{member_id}/profile": allow(admin=WITHIN, town_officer=WITHIN, member=SELF),
        "GET /erasures": ROSTER_KEEPERS,
        "GET /proposals": ROSTER_KEEPERS,
        "POST /erasures/{erasure_id}/confirmation": allow(town_officer=WITHIN),
        "POST /branches/{branch_id}/members/resolve": allow(service=WITHIN),
        "GET /branches/{branch_id}/electorate": allow(
            admin=WITHIN, county_supervisor=WITHIN, town_officer=WITHIN, branch_secretary=WITHIN, service=WITHIN
        ),
        "GET /imports/template.xlsx": ROSTER_KEEPERS,
        "POST /imports": ROSTER_KEEPERS,
        "GET /exports/roster.xlsx": ROSTER_KEEPERS,
        "POST /clients": allow(admin=WITHIN),
        "GET /clients": allow(admin=WITHIN),
        "GET /clients/{client_id}": allow(admin=WITHIN, service=WITHIN),
        "PUT /clients/{client_id}/grants": allow(admin=WITHIN),
        "POST /clients/{client_id}/secret": allow(admin=WITHIN),
        "DELETE /clients/{client_id}": allow(admin=WITHIN),
        "POST /accounts": ROSTER_KEEPERS,
        "GET /accounts/{account_id}": ROSTER_KEEPERS,
        "PUT /accounts/{account_id}/grants": ROSTER_KEEPERS,
        "POST /accounts/{account_id}/password": ROSTER_KEEPERS,
        "DELETE /accounts/{account_id}": ROSTER_KEEPERS,
        "GET /accounts": ROSTER_KEEPERS,
        "POST /accounts/slips": ROSTER_KEEPERS,
        "POST /accounts/officers": allow(admin=WITHIN),
        "GET /accounts/{account_id}/page": ROSTER_KEEPERS,
        "POST /accounts/{account_id}/slip": ROSTER_KEEPERS,
        "POST /accounts/{account_id}/roles": ROSTER_KEEPERS,
        "POST /accounts/{account_id}/closing": ROSTER_KEEPERS,
        "GET /": WHOEVER_IS_SIGNED_IN,
        "GET /account": WHOEVER_IS_SIGNED_IN,
        "POST /account/password": WHOEVER_IS_SIGNED_IN,
        "POST /account/sessions": WHOEVER_IS_SIGNED_IN,
        "POST /account/second-factor": WHOEVER_IS_SIGNED_IN,
        "GET /account/second-factor.svg": WHOEVER_IS_SIGNED_IN,
        "POST /token": PUBLIC,
        "POST /revoke": PUBLIC,
        "GET /authorize": PUBLIC,
        "POST /authorize": PUBLIC,
        # pages: the roster as a spreadsheet, what is held about a member, whom it names as kin
        "GET /roster/import": ROSTER_KEEPERS,
        "POST /roster/import": ROSTER_KEEPERS,
        "GET /roster/import/template.xlsx": ROSTER_KEEPERS,
        "GET /roster/export.xlsx": ROSTER_KEEPERS,
        "GET /my": allow(member=SELF),
        "GET /my/held": allow(member=SELF),
        "GET /my/evaluation": allow(member=SELF),
        "GET /my/kin": allow(member=SELF),
        "POST /my/kin": allow(member=SELF),
        "GET /calendar": WHOEVER_IS_SIGNED_IN,
        "PUT /calendar/years/{year}": allow(admin=WITHIN),
        "PUT /calendar/{date}": allow(admin=WITHIN),
    }
)
