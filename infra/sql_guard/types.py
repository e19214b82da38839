"""Which types may a value be cast to, and how are they written?"""

from __future__ import annotations

from sqlglot import exp

from infra.sql_guard.refusal import refuse

_PLAIN = {
    exp.DType.BOOLEAN: "Bool",
    exp.DType.TINYINT: "Int8",
    exp.DType.SMALLINT: "Int16",
    exp.DType.INT: "Int32",
    exp.DType.BIGINT: "Int64",
    exp.DType.UTINYINT: "UInt8",
    exp.DType.USMALLINT: "UInt16",
    exp.DType.UINT: "UInt32",
    exp.DType.UBIGINT: "UInt64",
    exp.DType.FLOAT: "Float32",
    exp.DType.DOUBLE: "Float64",
    exp.DType.DATE: "Date",
    exp.DType.DATE32: "Date32",
    exp.DType.DATETIME: "DateTime",
    exp.DType.TEXT: "String",
    exp.DType.UUID: "UUID",
}
_NUMBERED = {exp.DType.DECIMAL: ("Decimal", 2), exp.DType.DATETIME64: ("DateTime64", 1)}
_NESTED = {exp.DType.ARRAY: "Array", exp.DType.LOWCARDINALITY: "LowCardinality"}
_HINT = "cast to Bool, an Int, UInt, Float or Decimal, Date, DateTime, DateTime64, String, UUID, or an Array of these"


def printed_type(node: exp.Expr) -> str:
    """The type in ClickHouse's words; raises SqlRefused when it is not one that may be cast to."""
    if not isinstance(node, exp.DataType):
        raise refuse("this cannot be cast to", node, _HINT)
    name = _printed(node)
    return f"Nullable({name})" if node.args.get("nullable") else name


def _printed(node: exp.DataType) -> str:
    inner = node.expressions
    if not inner and node.this in _PLAIN:
        return _PLAIN[node.this]
    if node.this in _NUMBERED:
        name, most = _NUMBERED[node.this]
        return name + (
            f"({', '.join(_digits(each) for each in inner)})" if 0 < len(inner) <= most else _none(node, inner)
        )
    if len(inner) == 1 and node.this in _NESTED:
        return f"{_NESTED[node.this]}({printed_type(inner[0])})"
    raise refuse("this type cannot be cast to", node, _HINT)


def _digits(parameter: exp.Expr) -> str:
    text = parameter.name
    if (
        not isinstance(parameter, exp.DataTypeParam)
        or not text.isascii()
        or not text.isdecimal()
        or parameter.this.is_string
    ):
        raise refuse("a type takes whole numbers only", parameter, "convert zones with toTimeZone(x, 'Europe/Berlin')")
    return text


def _none(node: exp.DataType, inner: list[exp.Expr]) -> str:
    if inner:
        raise refuse("this type has too many parameters", node, _HINT)
    return ""
