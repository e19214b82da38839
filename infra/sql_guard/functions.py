"""Which functions may be called: an allow-list, so that what is not known to be harmless is not called.

Left out on purpose: whatever reads files, networks, settings, dictionaries, other tables or the host; whatever sleeps;
what makes something large out of something small (`range`, `repeat`, `leftPad`, `arrayResize`, `arrayWithConstant`);
and `arrayReduce`, which names another function in a string.
"""

from __future__ import annotations

import difflib

_AGGREGATES = """
    any anyLast argMax argMin avg avgWeighted corr count covarPop covarSamp entropy exponentialMovingAverage
    groupArray groupBitAnd groupBitOr groupBitXor groupUniqArray kurtPop kurtSamp max median min quantile
    quantileExact quantileExactHigh quantileExactLow quantileTDigest quantileTiming quantiles quantilesExact
    quantilesTDigest quantilesTiming retention simpleLinearRegression skewPop skewSamp stddevPop stddevSamp sum
    sumCount sumMap sumWithOverflow topK topKWeighted uniq uniqCombined uniqExact uniqHLL12 varPop varSamp windowFunnel
"""
_COMBINATORS = (
    "",
    "If",
    "OrNull",
    "OrDefault",
    "OrNullIf",
    "OrDefaultIf",
    "Distinct",
    "DistinctIf",
    "Array",
    "ArrayIf",
)

_WINDOW = """
    cume_dist dense_rank denseRank first_value lag lagInFrame last_value lead leadInFrame nth_value ntile percent_rank
    rank row_number
"""

_PLAIN = """
    and or not xor if multiIf ifNull nullIf coalesce isNull isNotNull assumeNotNull toNullable isNaN isFinite isInfinite
    equals notEquals less lessOrEquals greater greaterOrEquals greatest least like notLike ilike notILike
    plus minus multiply divide intDiv intDivOrZero modulo negate abs sign round floor ceil ceiling trunc truncate
    sqrt exp exp2 exp10 ln log log2 log10 pow power cbrt roundBankers roundDown
    bitAnd bitOr bitXor bitNot bitShiftLeft bitShiftRight bitCount widthBucket

    toInt8 toInt16 toInt32 toInt64 toUInt8 toUInt16 toUInt32 toUInt64 toFloat32 toFloat64 toDecimal32 toDecimal64
    toInt8OrNull toInt16OrNull toInt32OrNull toInt64OrNull toUInt8OrNull toUInt16OrNull toUInt32OrNull toUInt64OrNull
    toFloat32OrNull toFloat64OrNull toInt64OrZero toFloat64OrZero toString toBool toDate toDate32 toDateTime
    toDateTime64 toDateOrNull toDateTimeOrNull toDateTime64OrNull toUUID toTypeName

    now now64 today yesterday toTimeZone toYear toQuarter toMonth toDayOfYear toDayOfMonth toDayOfWeek toHour toMinute
    toSecond toMillisecond toISOWeek toISOYear toWeek toYearWeek toYYYYMM toYYYYMMDD toYYYYMMDDhhmmss toMonday
    toLastDayOfMonth toLastDayOfWeek toStartOfYear toStartOfISOYear toStartOfQuarter toStartOfMonth toStartOfWeek
    toStartOfDay toStartOfHour toStartOfMinute toStartOfSecond toStartOfFiveMinutes toStartOfTenMinutes
    toStartOfFifteenMinutes toStartOfInterval toTime toRelativeDayNum toRelativeHourNum toUnixTimestamp
    toUnixTimestamp64Milli toUnixTimestamp64Micro fromUnixTimestamp fromUnixTimestamp64Milli
    fromUnixTimestamp64Micro dateDiff age dateTrunc date_trunc dateName monthName formatDateTime parseDateTimeBestEffort
    parseDateTimeBestEffortOrNull addSeconds addMinutes addHours addDays addWeeks addMonths addQuarters addYears
    subtractSeconds subtractMinutes subtractHours subtractDays subtractWeeks subtractMonths subtractQuarters
    subtractYears toIntervalSecond toIntervalMinute toIntervalHour toIntervalDay toIntervalWeek toIntervalMonth
    toIntervalQuarter toIntervalYear makeDate

    length lengthUTF8 empty notEmpty lower upper lowerUTF8 upperUTF8 reverse reverseUTF8 concat concatWithSeparator
    substring substr substringUTF8 left right leftUTF8 rightUTF8 trim trimBoth trimLeft trimRight ltrim rtrim
    position positionCaseInsensitive positionUTF8 positionCaseInsensitiveUTF8 locate startsWith endsWith
    hasToken hasTokenCaseInsensitive countSubstrings countSubstringsCaseInsensitive match extract extractAll
    countMatches replaceOne replaceAll replace replaceRegexpOne replaceRegexpAll splitByChar splitByString
    splitByRegexp alphaTokens tokens ngrams multiSearchAny multiSearchAnyCaseInsensitive ngramDistance
    levenshteinDistance damerauLevenshteinDistance jaroWinklerSimilarity initcap ascii formatReadableQuantity
    formatReadableTimeDelta formatReadableSize

    array arrayElement has hasAll hasAny indexOf countEqual arrayConcat arrayCount arrayMap arrayFilter arrayExists
    arrayAll arrayFirst arrayFirstIndex arrayLast arrayLastIndex arraySum arrayAvg arrayMin arrayMax arrayProduct
    arraySort arrayReverseSort arrayReverse arrayDistinct arrayUniq arrayCompact arraySlice arrayPopBack arrayPopFront
    arrayPushBack arrayPushFront arrayEnumerate arrayEnumerateUniq arrayDifference arrayCumSum
    arrayIntersect arrayZip arrayFlatten arrayStringConcat arrayJoin arrayRotateLeft arrayRotateRight

    tuple tupleElement map mapKeys mapValues mapContains mapContainsKey
    JSONExtractString JSONExtractInt JSONExtractUInt JSONExtractFloat JSONExtractBool JSONExtractRaw JSONHas JSONLength
    JSONType isValidJSON simpleJSONExtractString simpleJSONExtractInt simpleJSONExtractFloat simpleJSONHas
    cosineDistance L2Distance hex cityHash64 sipHash64 xxHash64 MD5 bar transform
"""


def _by_folded_name() -> dict[str, str]:
    names = _WINDOW.split() + _PLAIN.split()
    names += [name + suffix for name in _AGGREGATES.split() for suffix in _COMBINATORS]
    return {name.lower(): name for name in names}


_ALLOWED = _by_folded_name()


def allowed_function(name: str) -> str | None:
    """The function's own spelling, whatever the case it was written in; None when it may not be called."""
    return _ALLOWED.get(name.lower())


def similar_functions(name: str) -> list[str]:
    """Up to three functions that may be called and are spelt much like `name`."""
    return [_ALLOWED[close] for close in difflib.get_close_matches(name.lower(), _ALLOWED, n=3, cutoff=0.75)]


def allowed_functions() -> tuple[str, ...]:
    """Every function that may be called, in its own spelling, sorted."""
    return tuple(sorted(_ALLOWED.values()))
