"""The work of `make fuzz`, with the packages of the project's own Python: prints what became of all examples."""

import io
import pathlib
import sys
import time
import zipfile
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "recurring_billing"))

from tools import bank_archive, bank_messages  # noqa: E402

CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>N1</MsgId>
<CreDtTm>2026-09-09T06:00:00</CreDtTm></GrpHdr><Ntfctn><Id>1</Id><Acct><Id><IBAN>FR7630004056560376143653714</IBAN></Id>
</Acct><Ntry><Amt Ccy="EUR">664.05</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-09-08</Dt>
</BookgDt><ValDt><DtTm>2026-09-08T10:00:00</DtTm></ValDt><AcctSvcrRef>R1</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly>
<Cd>IDDT</Cd><SubFmlyCd>UPDD</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs>
<Amt Ccy="EUR">564.05</Amt><Chrgs><Rcrd><Amt Ccy="EUR">3.00</Amt></Rcrd></Chrgs><RtrInf><Rsn><Cd>AM04</Cd></Rsn>
</RtrInf></TxDtls><TxDtls><Refs><MndtId>RUM</MndtId></Refs><AmtDtls><InstdAmt><Amt Ccy="EUR">100.00</Amt></InstdAmt>
</AmtDtls></TxDtls></NtryDtls></Ntry><Ntry><Amt Ccy="EUR">180.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>
<Cd>BOOK</Cd></Sts><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RDDT</Cd><SubFmlyCd>PMDD</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><Btch><PmtInfId>P-1
</PmtInfId></Btch></NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"""
PAIN = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>S1</MsgId></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>P</OrgnlMsgId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>
P-1</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts><TxInfAndSts><OrgnlEndToEndId>E1</OrgnlEndToEndId><TxSts>RJCT</TxSts>
<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn><AddtlInf>why</AddtlInf></StsRsnInf><OrgnlTxRef><Amt><InstdAmt Ccy="EUR">9.00
</InstdAmt></Amt><ReqdColltnDt>2026-09-03</ReqdColltnDt></OrgnlTxRef></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt>
</Document>"""
NOISE = (
    b"<!DOCTYPE d [<!ENTITY a 'b'>]>",
    b"&a;",
    b"&#0;",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"<?x ?>",
    b"<Ntry>",
    b"</Ntry>",
    b"<Acct/>",
    b"<TxDtls/>",
    b"<OrgnlPmtInfAndSts/>",
    b"<TxInfAndSts/>",
    b"<RtrInf/>",
    b'xmlns="urn:x"',
    b"\x00",
    b"\xff\xfe",
    b"\xc3",
    b"PK\x03\x04",
    b"9" * 40,
    b"-1",
    b"NaN",
    b"2026-02-30",
)


def zipped(data):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", data)
        archive.writestr("b.xml", data)
    return buffer.getvalue()


def seeds():
    samples = ROOT.parent / "shared" / "iso20022" / "samples"
    found = [path.read_bytes() for path in sorted(samples.glob("*.xml")) if path.stat().st_size < 30_000]
    made = [CAMT.encode(), PAIN.encode(), CAMT.replace("UTF-8", "UTF-16").encode("utf-16")]
    return [*made, *map(zipped, made[:2]), *found]


EDITS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.sampled_from(("cut", "put", "swap", "drop tag", "end")),
        st.integers(1, 200),
        st.sampled_from(NOISE),
    ),
    min_size=1,
    max_size=6,
)


def damaged(data, edits):
    data = bytearray(data)
    for place, kind, length, noise in edits:
        at = int(place * len(data))
        if kind == "cut":
            del data[at : at + length]
        elif kind == "put":
            data[at:at] = noise
        elif kind == "swap":
            data[at : at + 1] = bytes([length])
        elif kind == "end":
            del data[at:]
        elif (start := data.find(b"<", at)) >= 0:
            del data[start : data.find(b">", start) + 1]
    return bytes(data)


def outcome(data):
    """What the reader makes of ``data``: 'read', or the code of its refusal; any other error is a fault of ours."""
    try:
        for _name, content in bank_archive.unpack("a", data, limit=1_000_000):
            for _answer in bank_messages.read(io.BytesIO(content)).answers:
                pass
    except bank_messages.BankMessageError as error:
        return error.code
    return "read"


def main(seconds):
    outcomes, ends = Counter(), time.monotonic() + seconds

    @settings(max_examples=2000, deadline=None, database=None, suppress_health_check=[*HealthCheck])
    @given(st.sampled_from(seeds()), EDITS)
    def some(seed, edits):
        if time.monotonic() < ends:
            outcomes[outcome(damaged(seed, edits))] += 1

    while time.monotonic() < ends:
        some()
    parts = ", ".join(f"{count} {code}" for code, count in outcomes.most_common())
    print(f"{outcomes.total()} damaged messages, none broke the reader: {parts}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
