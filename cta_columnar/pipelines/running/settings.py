"""From files, settings and keywords to the configuration of a stage."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cta_columnar import registry
from cta_columnar.config import (
    Layer,
    ReduceConfig,
    Section,
    Stage1Config,
    TrainConfig,
    load,
    read_file,
    read_setting,
)
from cta_columnar.errors import UserError
from cta_columnar.pipelines.reduce.chains import check_reduction
from cta_columnar.pipelines.running.effects import (
    check_effects,
    check_reduction_effects,
)
from cta_columnar.pipelines.stage1.chains import check_chains


def configure(
    stage: str,
    files: Iterable[Path | str] = (),
    settings: Iterable[str] = (),
    values: Mapping[str, Any] | None = None,
    plugins: Iterable[Path | str] = (),
    below: Layer | None = None,
    over: Layer | None = None,
) -> Section:
    """Lay everything over the defaults, in the order of the parameters.

    Parameters
    ----------
    stage : str
        Which configuration, e.g. ``"stage1"``.
    files : iterable of path
        YAML files.
    settings : iterable of str
        ``key=value`` each.
    values : mapping of str to object
        Nested keys.
    plugins : iterable of path
        Files with algorithms, loaded first.
    below : Layer, optional
        What takes the place of defaults.
    over : Layer, optional
        What changes the files, and is changed by the settings.

    Raises
    ------
    UserError
        If something is unknown or out of range; the text has a line per problem. If
        an algorithm reads what no other writes.
    """
    for plugin in plugins:
        registry.load_plugin(plugin)
    layers = [] if below is None else [below]
    layers += [read_file(Path(each)) for each in files]
    layers += [] if over is None else [over]
    layers += [read_setting(each) for each in settings]
    layers.append(Layer(values or {}))
    config = load(stage, layers, registry)
    if isinstance(config, Stage1Config):
        check_effects(config)
        check_chains(config)
    if isinstance(config, ReduceConfig):
        check_reduction_effects(config)
        check_reduction(config)
    if isinstance(config, TrainConfig):
        # scikit-learn is asked, which takes a second to load.
        from cta_columnar.stages.training.checks import (  # noqa: PLC0415
            check_estimators,
        )

        check_estimators(config)
    return config


def observation_layer(path: Path) -> Layer:
    """Read a file of observations as the section `observe`.

    Raises
    ------
    UserError
        If it cannot be read.
    """
    read = read_file(path)
    where = {("observe", *key): place for key, place in read.where.items()}
    return Layer({"observe": dict(read.values)}, where)


def stage_of(files: Iterable[Path | str]) -> str:
    """Say for which stage configuration files are: by their key ``stage``.

    Raises
    ------
    UserError
        If none has one, or two differ.
    """
    names = [str(each) for each in files]
    stages = {read_file(Path(name)).values.get("stage") for name in names} - {None}
    if len(stages) == 1:
        return str(stages.pop())
    what = "these are for several stages" if stages else "which stage is this for?"
    raise UserError(
        f"{', '.join(names)}: {what} Write `stage: stage1` at the top, or give --stage"
    )
