"""The one table: which role may call which route of evaluation, and how far it reaches (design: trust.md)."""

from __future__ import annotations

from shared.web import EVERYWHERE, OWN_BRANCH, PUBLIC, PUBLIC_LIMITED, SELF, WITHIN, Granted, allow, permissions
from shared.web.permissions import ROLES

RULEBOOK_KEEPERS = allow(county_supervisor=WITHIN, town_officer=WITHIN)
INSPECTORS = allow(county_supervisor=WITHIN, town_officer=WITHIN)
UNSEALERS = allow(county_supervisor=WITHIN, town_officer=WITHIN)
THE_COUNTY = allow(county_supervisor=WITHIN)
SECRETARY = allow(branch_secretary=WITHIN)
THE_MEMBER_ITSELF = allow(member=SELF)
READERS_OF_A_BRANCH = allow(admin=WITHIN, county_supervisor=WITHIN, town_officer=WITHIN, branch_secretary=WITHIN)
READERS_OF_A_MEMBER = allow(admin=WITHIN, county_supervisor=WITHIN, town_officer=WITHIN, branch_secretary=WITHIN, member=SELF)
READERS_OF_PLEDGES = allow(
    admin=WITHIN, county_supervisor=WITHIN, town_officer=WITHIN, branch_secretary=WITHIN, committee_member=WITHIN, member=SELF
)
READERS_OF_RESULTS = allow(admin=WITHIN, county_supervisor=WITHIN, town_officer=WITHIN, branch_secretary=WITHIN, committee_member=WITHIN)
READERS_OF_A_REVIEW = allow(
    admin=WITHIN,
    county_supervisor=WITHIN,
    town_officer=WITHIN,
    branch_secretary=WITHIN,
    committee_member=WITHIN,
    member=OWN_BRANCH,
)

TABLE = permissions(
    {
        # rulebooks
        "GET /rulebooks/default": PUBLIC,
        "GET /rulebooks": PUBLIC,
        "GET /rulebooks/{rulebook_id}": PUBLIC,
        "GET /rulebooks/{rulebook_id}/versions/{number}": PUBLIC,
        "GET /rulebooks/{rulebook_id}/versions/{number}/comparison": PUBLIC,
        "POST /rulebooks/simulate": RULEBOOK_KEEPERS,
        "POST /rulebooks/lint": allow(admin=EVERYWHERE, county_supervisor=EVERYWHERE, town_officer=EVERYWHERE, branch_secretary=EVERYWHERE),
        "POST /rulebooks": RULEBOOK_KEEPERS,
        "POST /rulebooks/{rulebook_id}/versions": RULEBOOK_KEEPERS,
        "POST /rulebooks/{rulebook_id}/versions/{number}/adoption": RULEBOOK_KEEPERS,
        # pledges
        "POST /pledges": THE_MEMBER_ITSELF,
        "PUT /pledges/{pledge_id}": THE_MEMBER_ITSELF,
        "POST /pledges/{pledge_id}/submission": THE_MEMBER_ITSELF,
        "POST /pledges/{pledge_id}/review": SECRETARY,
        "POST /announcements": SECRETARY,
        "POST /pledges/{pledge_id}/progress": allow(branch_secretary=WITHIN, member=SELF),
        "POST /pledges/{pledge_id}/evaluation": SECRETARY,
        "GET /pledges": READERS_OF_PLEDGES,
        "GET /pledges/{pledge_id}": READERS_OF_PLEDGES,
        # points and activities
        "POST /entries": SECRETARY,
        "GET /entries/template.xlsx": SECRETARY,
        "POST /entries/imports": SECRETARY,
        "POST /entries/{entry_id}/reversal": SECRETARY,
        "POST /entries/{entry_id}/story": SECRETARY,
        "GET /entries": READERS_OF_A_MEMBER,
        "GET /entries/{entry_id}": READERS_OF_A_MEMBER,
        "GET /members/{member_id}/points": READERS_OF_A_MEMBER,
        "POST /activities": SECRETARY,
        "GET /activities/{activity_id}": READERS_OF_A_BRANCH,
        # texts, for the pages that notice makes
        "POST /texts/read": allow(service=WITHIN),
        # reviews
        "POST /reviews": SECRETARY,
        "GET /reviews": READERS_OF_A_REVIEW,
        "GET /reviews/{review_id}": READERS_OF_A_REVIEW,
        "GET /unrated": READERS_OF_A_BRANCH,
        "POST /reviews/{review_id}/excused": SECRETARY,
        "POST /reviews/{review_id}/annulment": allow(town_officer=WITHIN),
        "POST /reviews/{review_id}/phase": allow(branch_secretary=WITHIN, town_officer=WITHIN),
        "PUT /reviews/{review_id}/self-reviews/{member_id}": allow(member=SELF, branch_secretary=WITHIN),
        "GET /reviews/{review_id}/self-reviews/{member_id}": allow(member=SELF, committee_member=WITHIN),
        "GET /reviews/{review_id}/ballot-papers/{rater_id}": THE_MEMBER_ITSELF,
        "PUT /reviews/{review_id}/ballots/{rater_id}": THE_MEMBER_ITSELF,
        "GET /reviews/{review_id}/ballots/{rater_id}": THE_MEMBER_ITSELF,
        "GET /reviews/{review_id}/receipts/{receipt}": THE_MEMBER_ITSELF,
        "POST /reviews/{review_id}/unsealings": UNSEALERS,
        "GET /reviews/{review_id}/unsealings": UNSEALERS,
        "GET /unsealings/{unsealing_id}": UNSEALERS,
        "POST /unsealings/{unsealing_id}/decision": UNSEALERS,
        "GET /unsealings/{unsealing_id}/ballots/{rater_id}": UNSEALERS,
        "GET /reviews/{review_id}/committee-sheet": allow(committee_member=WITHIN, town_officer=WITHIN),
        "PUT /reviews/{review_id}/committee-scores": allow(committee_member=WITHIN, town_officer=WITHIN),
        "GET /reviews/{review_id}/results": READERS_OF_RESULTS,
        # ballots on paper and from afar
        "POST /reviews/{review_id}/paper-ballots": SECRETARY,
        "GET /reviews/{review_id}/paper-ballots": READERS_OF_RESULTS,
        "POST /paper-ballots/{paper_id}/confirmation": allow(branch_secretary=WITHIN, committee_member=WITHIN),
        "POST /reviews/{review_id}/remote-codes": SECRETARY,
        "POST /reviews/{review_id}/remote-papers/{rater_id}": PUBLIC_LIMITED,
        "POST /reviews/{review_id}/remote-ballots/{rater_id}": PUBLIC_LIMITED,
        # objections and corrections
        "POST /objections": allow(
            county_supervisor=WITHIN, town_officer=WITHIN, branch_secretary=WITHIN, member=OWN_BRANCH, service=WITHIN
        ),
        "GET /objections": READERS_OF_A_MEMBER,
        "GET /objections/{objection_id}": READERS_OF_A_MEMBER,
        "POST /objections/{objection_id}/decision": allow(county_supervisor=WITHIN, town_officer=WITHIN, branch_secretary=WITHIN),
        "POST /reviews/{review_id}/corrections": allow(town_officer=WITHIN, branch_secretary=WITHIN),
        "GET /reviews/{review_id}/corrections": READERS_OF_RESULTS,
        "GET /corrections/{correction_id}": READERS_OF_RESULTS,
        "POST /corrections/{correction_id}/confirmation": allow(town_officer=WITHIN),
        # what waits for a second person
        "GET /proposals": READERS_OF_RESULTS,
        # standings
        "GET /members/{member_id}/standing": allow(
            admin=WITHIN, county_supervisor=WITHIN, town_officer=WITHIN, branch_secretary=WITHIN, platform=Granted("standings"), member=SELF
        ),
        "GET /branches/{branch_id}/standings": allow(
            admin=WITHIN,
            county_supervisor=WITHIN,
            town_officer=WITHIN,
            branch_secretary=WITHIN,
            platform=Granted("standings"),
            member=OWN_BRANCH,
            service=WITHIN,
        ),
        "GET /members/{member_id}/explanation": READERS_OF_A_MEMBER,
        # what is held about a member, and who read it
        "GET /members/{member_id}/held": allow(admin=WITHIN, member=SELF),
        "GET /members/{member_id}/reads": allow(admin=WITHIN, member=SELF),
        # the year
        "POST /annual-reviews": SECRETARY,
        "GET /annual-reviews/{annual_review_id}": READERS_OF_A_REVIEW,
        "GET /branches/{branch_id}/recommendations": READERS_OF_RESULTS,
        "POST /rotating-flags": allow(county_supervisor=WITHIN, town_officer=WITHIN, branch_secretary=WITHIN),
        "GET /rotating-flags": allow(
            admin=WITHIN,
            county_supervisor=WITHIN,
            town_officer=WITHIN,
            branch_secretary=WITHIN,
            committee_member=WITHIN,
            member=EVERYWHERE,
        ),
        # supervision
        "POST /inspections": INSPECTORS,
        "GET /inspections/{inspection_id}": READERS_OF_A_BRANCH,
        "POST /inspections/{inspection_id}/findings": INSPECTORS,
        "POST /findings/{finding_id}/reversal": INSPECTORS,
        "POST /inspections/{inspection_id}/response": SECRETARY,
        "POST /inspections/{inspection_id}/circular": INSPECTORS,
        "GET /branches/{branch_id}/responsibility": READERS_OF_A_BRANCH,
        "GET /obligations": READERS_OF_A_BRANCH,
        "GET /burden": READERS_OF_A_BRANCH,
        "GET /audits/trail": allow(county_supervisor=WITHIN),
        "GET /audits/fairness": allow(county_supervisor=WITHIN),
        "POST /examinations": THE_COUNTY,
        "GET /examinations/{examination_id}": THE_COUNTY,
        "POST /examinations/{examination_id}/repetition": THE_COUNTY,
        "GET /leads/{lead_id}": allow(county_supervisor=WITHIN, branch_secretary=WITHIN, committee_member=WITHIN, member=SELF),
        "POST /leads/{lead_id}/look": THE_COUNTY,
        "POST /leads/{lead_id}/questions": THE_COUNTY,
        "POST /leads/{lead_id}/answers": allow(branch_secretary=WITHIN, committee_member=WITHIN, member=SELF),
        "POST /leads/{lead_id}/explanation": THE_COUNTY,
        "POST /leads/{lead_id}/closing": THE_COUNTY,
        # pages: voting from afar, receipts
        "GET /vote": PUBLIC,
        "POST /vote": PUBLIC_LIMITED,
        "GET /receipt": PUBLIC,
        "POST /receipt": PUBLIC_LIMITED,
        # pages of members
        "GET /": allow(**dict.fromkeys(ROLES, EVERYWHERE)),
        "GET /my": THE_MEMBER_ITSELF,
        "GET /my/why": THE_MEMBER_ITSELF,
        "GET /my/held": THE_MEMBER_ITSELF,
        "GET /my/profile": THE_MEMBER_ITSELF,
        "GET /my/kin": THE_MEMBER_ITSELF,
        "GET /my/pledges/new": THE_MEMBER_ITSELF,
        "POST /my/pledges/new": THE_MEMBER_ITSELF,
        "GET /my/pledges/{pledge_id}": THE_MEMBER_ITSELF,
        "POST /my/pledges/{pledge_id}": THE_MEMBER_ITSELF,
        "GET /my/reviews/{review_id}/self": THE_MEMBER_ITSELF,
        "POST /my/reviews/{review_id}/self": THE_MEMBER_ITSELF,
        "GET /my/reviews/{review_id}/ballot": THE_MEMBER_ITSELF,
        "POST /my/reviews/{review_id}/ballot": THE_MEMBER_ITSELF,
        "GET /my/objections/new": THE_MEMBER_ITSELF,
        "POST /my/objections/new": THE_MEMBER_ITSELF,
        "GET /my/objections/{objection_id}": THE_MEMBER_ITSELF,
        # pages of towns
        "GET /town/{town_id}": RULEBOOK_KEEPERS,
        "POST /town/{town_id}": allow(town_officer=WITHIN),
        "GET /town/{town_id}/roster": allow(town_officer=WITHIN),
        "GET /town/{town_id}/flags": INSPECTORS,
        "POST /town/{town_id}/flags": INSPECTORS,
        "GET /town/{town_id}/rules": RULEBOOK_KEEPERS,
        "POST /town/{town_id}/rules": RULEBOOK_KEEPERS,
        "GET /town/{town_id}/rules/{number}": RULEBOOK_KEEPERS,
        "GET /town/{town_id}/rules/draft/new": RULEBOOK_KEEPERS,
        "POST /town/{town_id}/rules/draft/new": RULEBOOK_KEEPERS,
        # pages of the supervisor's desk
        "GET /desk": INSPECTORS,
        "GET /desk/late": INSPECTORS,
        "GET /desk/{sheet}.{kind}": INSPECTORS,
        "GET /desk/leads": THE_COUNTY,
        "POST /desk/leads": THE_COUNTY,
        "GET /desk/leads.{kind}": THE_COUNTY,
        "GET /desk/leads/{lead_id}": THE_COUNTY,
        "POST /desk/leads/{lead_id}": THE_COUNTY,
        "GET /desk/unsealings": UNSEALERS,
        "GET /desk/unsealings/{unsealing_id}": UNSEALERS,
        "POST /desk/unsealings/{unsealing_id}": UNSEALERS,
        "GET /desk/unsealings/{unsealing_id}/ballots/{rater_id}": UNSEALERS,
        "GET /desk/branches/{branch_id}/unsealing": UNSEALERS,
        "POST /desk/branches/{branch_id}/unsealing": UNSEALERS,
        "GET /desk/members/{member_id}": INSPECTORS,
        "GET /desk/branches/{branch_id}": INSPECTORS,
        "GET /desk/branches/{branch_id}/members.{kind}": INSPECTORS,
        # pages of branches; what each may see and do there, its own routes ask again
        "GET /branch/{branch_id}/reviews/{review_id}/committee": READERS_OF_RESULTS,
        "POST /branch/{branch_id}/reviews/{review_id}/committee": allow(committee_member=WITHIN, town_officer=WITHIN),
        "GET /branch/{branch_id}/entries": READERS_OF_A_BRANCH,
        "POST /branch/{branch_id}/entries": SECRETARY,
        "POST /branch/{branch_id}/activities": SECRETARY,
        "GET /branch/{branch_id}/entries/{entry_id}": READERS_OF_A_BRANCH,
        "POST /branch/{branch_id}/entries/{entry_id}": SECRETARY,
        "GET /branch/{branch_id}/members/{member_id}/why": READERS_OF_A_BRANCH,
        "GET /branch/{branch_id}/import": SECRETARY,
        "GET /branch/{branch_id}/import/template.xlsx": SECRETARY,
        "POST /branch/{branch_id}/import": SECRETARY,
        "GET /branch/{branch_id}/objections": READERS_OF_A_BRANCH,
        "POST /branch/{branch_id}/objections": allow(branch_secretary=WITHIN, town_officer=WITHIN),
        "GET /branch/{branch_id}/objections/{objection_id}": READERS_OF_A_BRANCH,
        "POST /branch/{branch_id}/objections/{objection_id}": allow(county_supervisor=WITHIN, town_officer=WITHIN, branch_secretary=WITHIN),
        "GET /branch/{branch_id}/reviews/{review_id}/papers": READERS_OF_RESULTS,
        "GET /branch/{branch_id}/reviews/{review_id}/papers/new": READERS_OF_RESULTS,
        "POST /branch/{branch_id}/reviews/{review_id}/papers/new": SECRETARY,
        "GET /branch/{branch_id}/reviews/{review_id}/papers/{paper_id}": READERS_OF_RESULTS,
        "POST /branch/{branch_id}/reviews/{review_id}/papers/{paper_id}": allow(branch_secretary=WITHIN, committee_member=WITHIN),
        "GET /branch/{branch_id}/pledges": READERS_OF_RESULTS,
        "POST /branch/{branch_id}/pledges": SECRETARY,
        "GET /branch/{branch_id}/pledges/{pledge_id}": READERS_OF_RESULTS,
        "GET /branch/{branch_id}/reviews/{review_id}/results": READERS_OF_RESULTS,
        "POST /branch/{branch_id}/reviews/{review_id}/results": allow(branch_secretary=WITHIN, town_officer=WITHIN),
        "GET /branch/{branch_id}/reviews/new": SECRETARY,
        "POST /branch/{branch_id}/reviews/new": SECRETARY,
        "GET /branch/{branch_id}/reviews/{review_id}": READERS_OF_RESULTS,
        "POST /branch/{branch_id}/reviews/{review_id}": SECRETARY,
        "POST /branch/{branch_id}/reviews/{review_id}/slip": SECRETARY,
        "GET /branch/{branch_id}/reviews/{review_id}/self-reviews/{member_id}": SECRETARY,
        "POST /branch/{branch_id}/reviews/{review_id}/self-reviews/{member_id}": SECRETARY,
        "GET /branch/{branch_id}/reviews/{review_id}/print/{sheet}": READERS_OF_RESULTS,
        "GET /branch/{branch_id}/year": READERS_OF_RESULTS,
        "POST /branch/{branch_id}/year": SECRETARY,
        "GET /branch/{branch_id}": READERS_OF_RESULTS,
        "POST /branch/{branch_id}": allow(branch_secretary=WITHIN, town_officer=WITHIN),
    }
)
