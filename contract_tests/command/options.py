"""The options of a command, made from the table."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from contract_tests.command.option_forms import Arity
from contract_tests.command.option_table import TABLE, Flag, Option

Command = TypeVar("Command", bound=Callable[..., Any])


def run_options(command: Command) -> Command:
    """Add every option of the table."""
    return _with_options(command, TABLE)


def rerun_options(command: Command) -> Command:
    """Add the options that say how one request reaches the gateway."""
    return _with_options(command, tuple(option for option in TABLE if option.in_rerun))


def _with_options(command: Command, options: tuple[Option[Any], ...]) -> Command:
    for option in reversed(options):
        for flag in reversed(option.flags):
            command = _click_option(option, flag)(command)
    return command


def _click_option(option: Option[Any], flag: Flag) -> Callable[[Command], Command]:
    """An option whose value is a text: the form reads it, so that messages are the same wherever a value comes from."""
    told, metavar = flag.help + _shown_default(option), flag.metavar or None
    match option.form.arity:
        case Arity.SWITCH:
            names = f"{flag.name}/--no-{flag.name.removeprefix('--')}"
            return click.option(names, flag.parameter, default=None, help=told)
        case Arity.MANY:
            return click.option(flag.name, flag.parameter, multiple=True, metavar=metavar, help=told)
        case Arity.OPTIONAL:
            return click.option(flag.name, flag.parameter, is_flag=False, flag_value="", metavar=metavar, help=told)
    return click.option(flag.name, flag.parameter, metavar=metavar, help=told)


def _shown_default(option: Option[Any]) -> str:
    if option.secret or option.built_in in (None, False, []):
        return ""
    shown = option.built_in if isinstance(option.built_in, str) else json.dumps(option.built_in)
    return f" [{shown}]"
