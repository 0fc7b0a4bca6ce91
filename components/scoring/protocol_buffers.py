"""Messages of TensorFlow and its Serving by the numbers of their fields: their own need TensorFlow to be loaded.

A table names for each message its fields, each by its number and by its type or the message that it is, in a list where
there are several. A map is a list of messages with a key and a value: its bytes are the same.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Kind: TypeAlias = str | list[str]
Table: TypeAlias = Mapping[str, Mapping[str, tuple[int, Kind]]]


def describe(table: Table) -> Any:
    """Returns the first message of a table, as a class."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="millrace.proto", package="millrace")
    for name, fields in table.items():
        message = file.message_type.add(name=name)
        for key, (number, kinds) in fields.items():
            [kind], label = (
                (kinds, field.LABEL_REPEATED) if isinstance(kinds, list) else ([kinds], field.LABEL_OPTIONAL)
            )
            made = message.field.add(name=key, number=number, label=label)
            if kind in table:
                made.type, made.type_name = field.TYPE_MESSAGE, f".millrace.{kind}"
            else:
                made.type = field.Type.Value(f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    descriptor = pool.FindMessageTypeByName(f"millrace.{next(iter(table))}")
    if hasattr(message_factory, "GetMessageClass"):  # protobuf 4 and later
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)
