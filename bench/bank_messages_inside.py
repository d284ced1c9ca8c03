"""The measurements of `make bench-bank-messages`, each in a process of its own: prints what it found as JSON.

Every twentieth line of the statement is a return; the others are transfers with names and addresses.
"""

import json
import pathlib
import resource
import statistics
import sys
import tempfile
import time

from lxml import etree

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "recurring_billing"))

from tools import bank_messages

ROUNDS = 5
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
    "<BkToCstmrStmt><GrpHdr><MsgId>1</MsgId><CreDtTm>2026-09-09T06:00:00</CreDtTm></GrpHdr><Stmt><Id>1</Id><Acct><Id>"
    "<IBAN>FR7630004056560376143653714</IBAN></Id></Acct>\n"
)
FOOT = "</Stmt></BkToCstmrStmt></Document>"
LINE = """<Ntry><NtryRef>{number}</NtryRef><Amt Ccy="EUR">120.00</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts><Cd>BOOK</Cd>
</Sts><BookgDt><Dt>2026-09-08</Dt></BookgDt><ValDt><Dt>2026-09-08</Dt></ValDt><AcctSvcrRef>REF{number:012d}</AcctSvcrRef>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub_family}</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls><Refs><AcctSvcrRef>TX{number:012d}</AcctSvcrRef><EndToEndId>E2E-{number:012d}</EndToEndId></Refs>
<Amt Ccy="EUR">120.00</Amt><CdtDbtInd>{sign}</CdtDbtInd><RltdPties><Dbtr><Pty><Nm>Customer number {number}</Nm><PstlAdr>
<StrtNm>rue de la Paix</StrtNm><BldgNb>8</BldgNb><PstCd>75002</PstCd><TwnNm>Paris</TwnNm><Ctry>FR</Ctry></PstlAdr></Pty>
</Dbtr><DbtrAcct><Id><IBAN>FR7630002609130830166131893</IBAN></Id></DbtrAcct></RltdPties><RltdAgts><DbtrAgt><FinInstnId>
<BICFI>CRLYFRPPXXX</BICFI></FinInstnId></DbtrAgt></RltdAgts><RmtInf><Ustrd>Invoice FAC/2026/{number:06d} for services of
September 2026, thank you for your trust</Ustrd></RmtInf>{reason}</TxDtls></NtryDtls>
<AddtlNtryInf>Line {number} of the statement</AddtlNtryInf></Ntry>
"""


def write(path, size):
    with path.open("w") as file:
        file.write(HEAD)
        for number in range(size):
            file.write(line(number))
        file.write(FOOT)


def line(number):
    if number % 20:
        return LINE.format(number=number, sign="CRDT", family="RCDT", sub_family="ESCT", reason="")
    reason = "<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>"
    return LINE.format(number=number, sign="DBIT", family="IDDT", sub_family="UPDD", reason=reason)


def bare(path):
    for _event, element in etree.iterparse(str(path)):
        element.clear()


def ours(path):
    with path.open("rb") as file:
        return sum(answer.event == "returned" for answer in bank_messages.read(file).answers)


def race(path):
    times, returns = {"bare": [], "ours": []}, set()
    for _round in range(ROUNDS):
        for work in (bare, ours):
            begun = time.process_time()
            returns.add(work(path))
            times[work.__name__].append(time.process_time() - begun)
    [found] = returns - {None}
    medians = {name: statistics.median(all_times) for name, all_times in times.items()}
    return {"times": medians, "bytes": path.stat().st_size, "returns": found}


def peak(work, path):
    work(path)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(work, size):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "statement.xml"
        write(path, int(size))
        found = race(path) if work == "race" else peak({"bare": bare, "ours": ours}[work], path)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
