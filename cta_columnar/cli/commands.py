"""Commands whose help is grouped, and whose options take several values.

Nothing here or in the modules of the verbs imports a library for arrays, tables or
colours: help must come at once.
"""

from collections.abc import Collection, Sequence
from typing import Any

from typer.core import TyperCommand, TyperGroup


class Command(TyperCommand):
    """A verb. Its options are listed by group, in the order of declaration."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401
        """Name options and arguments for the first line of the help."""
        return [self.options_metavar or "", *_arguments(self, ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write the options below the name of their group."""
        groups: dict[str, list[tuple[str, str]]] = {}
        if arguments := _arguments(self, ctx):
            groups["Arguments"] = list(arguments.items())
        others: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            if parameter.param_type_name == "option":
                panel = getattr(parameter, "rich_help_panel", None)
                into = groups.setdefault(panel, []) if panel else others
                into.extend(filter(None, [parameter.get_help_record(ctx)]))
        groups["Other options" if groups else "Options"] = others
        for name, records in groups.items():
            with formatter.section(name):
                formatter.write_dl(records)


def _arguments(command: Command, ctx: Any) -> dict[str, str]:  # noqa: ANN401
    """Name the words that are no options, with their meaning."""
    return {
        parameter.metavar or str(parameter.name): getattr(parameter, "help", None) or ""
        for parameter in command.get_params(ctx)
        if parameter.param_type_name == "argument"
    }


class Group(TyperGroup):
    """Verbs in the order of declaration."""

    order: Sequence[str] = ()

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401
        """Name the verbs, those that users need first in front."""
        names = super().list_commands(ctx)
        rank = {name: number for number, name in enumerate(self.order)}
        return sorted(names, key=lambda name: rank.get(name, len(rank)))


class RunCommand(Command):
    """A verb whose ``--input`` takes all words up to the next option.

    So that a shell pattern works: ``--input runs/*.simtel.zst --output dl1``.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Repeat ``--input`` before each of its words, as the parser wants it."""
        return super().parse_args(ctx, repeated(args, ("--input", "-i")))


def repeated(args: Sequence[str], names: Collection[str]) -> list[str]:
    """Turn ``--input a b --c`` into ``--input a --input b --c``."""
    spread: list[str] = []
    option = None
    for position, word in enumerate(args):
        if word == "--":
            return [*spread, *args[position:]]
        if word.startswith("-") and word != "-":
            option = word if word in names else None
            following = args[position + 1 : position + 2]
            # One without any word stays, so that the parser complains.
            if option is None or not following or following[0].startswith("-"):
                spread.append(word)
        else:
            spread += [word] if option is None else [option, word]
    return spread
