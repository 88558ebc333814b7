"""A little of the past: papers with a return and what is no sale, and a payout that fits no payment."""

from __future__ import annotations

import io

from apps.goods.imports.services import check_job, run_job, upload_file, work_through
from apps.kernel.actors import Actor
from apps.platform.businesses.selectors import get_current_business

PAST = """Invoice no,Date,Customer id,Country,SKU,Description,Quantity,Unit price
{marker}100,2020-03-02 10:00,{marker}17,GB,{marker}-OLD,{marker} old lamp,3,20
{marker}100,2020-03-02 10:00,{marker}17,GB,POST,Postage,1,4
C{marker}1,2020-03-09 10:00,{marker}17,GB,{marker}-OLD,{marker} old lamp,-1,20
{marker}102,2020-03-10 10:00,,GB,{marker}-SHED,{marker} shed find,5,0
"""
PAID_OUT = """id,created,currency,gross,fee,type,payout_id
{marker}txn1,2020-03-02 10:00,{currency},27,1,charge,{marker}po1
{marker}txn2,2020-03-03 10:00,{currency},-26,0,payout,{marker}po1
"""


def furnish_past(actor: Actor, marker: str = "House") -> None:
    """Both files, brought in. The business is bound; the demo's stock and orders stay as they are."""
    currency = get_current_business().currency
    for kind, text, defaults in (("sales", PAST, {}), ("payouts", PAID_OUT, {"provider": "sandbox"})):
        content = text.format(marker=marker, currency=currency).encode()
        job = upload_file(
            actor, file=io.BytesIO(content), name=f"{marker} {kind}.csv", size=len(content), kind=kind
        )
        check_job(actor, job_id=job.pk, defaults=defaults)
        work_through(job.pk, job.business_id)
        run_job(actor, job_id=job.pk)
        done = work_through(job.pk, job.business_id)
        assert done is not None
        assert done.state == "finished", done.failure
