"""Sectors (업종) as KIS's master files tell them.

Three classifications stand in a record, and a name may belong to several of each: the KRX sector
indices (a flag each), the sector index of KOSPI 200 it is in, and the exchange's industries
(지수업종 대·중·소분류), which are codes of four digits. Source: KIS stocks_info/*.h. KIS publishes
the names of the codes in another file (`idxcode.mst`), which is not read here.
"""

KRX_FIELDS = {
    "krx_car_yn": "자동차",
    "krx_smcn_yn": "반도체",
    "krx_bio_yn": "바이오",
    "krx_bank_yn": "은행",
    "krx_enrg_chms_yn": "에너지화학",
    "krx_stel_yn": "철강",
    "krx_medi_cmnc_yn": "미디어통신",
    "krx_cnst_yn": "건설",
    "krx_scrt_yn": "증권",
    "krx_ship_yn": "선박",
    "krx_insu_yn": "보험",
    "krx_trnp_yn": "운송",
}
"""The flags of the KRX sector indices, and what the sectors are called."""

KOSPI200_CODES = {
    "1": "건설",
    "2": "중공업",
    "3": "철강소재",
    "4": "에너지화학",
    "5": "정보통신",
    "6": "금융",
    "7": "필수소비재",
    "8": "자유소비재",
    "9": "산업재",
    "A": "건강관리",
    "B": "커뮤니케이션서비스",
}
"""The sector indices of KOSPI 200 (KOSPI200섹터업종)."""

NAMES = tuple(sorted({*KRX_FIELDS.values(), *KOSPI200_CODES.values()}))
"""All sectors that have a name."""

INDUSTRY_FIELDS = ("bstp_larg_div_code", "bstp_medm_div_code", "bstp_smal_div_code")
INDUSTRY_DIGITS = 4


def is_industry(word: str) -> bool:
    """Whether a word is the code of an industry (지수업종)."""
    return len(word) == INDUSTRY_DIGITS and word.isascii() and word.isdigit()
