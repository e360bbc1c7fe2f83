"""Trained models on disk: tables and a description, never a pickle.

    models/<task>/tel_type=<type>/model.json        what it is, digests of the tables
                                  features.parquet  outputs.parquet
                                  trees.parquet     nodes.parquet    leaves.parquet
                               or coefficients.parquet

A folder is written aside and renamed, so a model is there as a whole or not at all. The
same fit gives the same bytes.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, unquote

import pyarrow as pa

from cta_columnar.digests import sha256_of, value_digest
from cta_columnar.durable import sync_folder
from cta_columnar.errors import did_you_mean
from cta_columnar.models import Description, EventClasses, Forest, Model
from cta_columnar.store.errors import StoreError, writing
from cta_columnar.store.files import (
    make_folders,
    make_scratch,
    remove_if_empty,
    remove_tree,
    write_draft,
)
from cta_columnar.store.json_files import to_json
from cta_columnar.store.layout import SCRATCH, TYPE_FOLDER
from cta_columnar.store.models.classes import load_classes
from cta_columnar.store.models.listing import TRAINING, check_list, is_models
from cta_columnar.store.models.manifest import FILE, FORMAT, Manifest, read_manifest
from cta_columnar.store.models.reading import check_model, load_model
from cta_columnar.store.models.tables import kind_of, to_tables
from cta_columnar.store.models.training_share import load_training_share
from cta_columnar.store.processes import process_name
from cta_columnar.store.tables import write_table

KEPT_BYTES = 2_000_000_000
_TASK = re.compile(r"[a-z][a-z0-9_]*")
_ALL = f"*/{TYPE_FOLDER}*/{FILE}"


def save_model(root: str | Path, model: Model, *, overwrite: bool = False) -> Path:
    """Write a model below a folder of models.

    Parameters
    ----------
    root : path
        The folder of all models.
    model : Model
        Says itself of which task and telescope type it is.
    overwrite : bool
        Whether one of the same task and type may be there, and goes.

    Returns
    -------
    pathlib.Path
        Its own folder.

    Raises
    ------
    StoreError
        If there is one already, or the task cannot be the name of a folder.
    WriteError
        If it cannot be written.
    """
    root, known = Path(root), model.description
    if not _TASK.fullmatch(known.task):
        raise StoreError(f"task {known.task!r}: wants lower-case letters, digits and _")
    folder = _folder(root, known.task, known.tel_type)
    if folder.exists() and not overwrite:
        raise StoreError(f"{folder} is there already; use --overwrite")
    scratch = root / SCRATCH / f"{known.task}-{process_name()}"
    remove_tree(scratch)
    draft = scratch / folder.name
    make_scratch(draft)
    try:
        _write(model, draft)
        make_folders(root, folder.parent)
        with writing(folder):
            remove_tree(folder)
            draft.rename(folder)
            sync_folder(folder.parent)
    finally:
        remove_tree(scratch)
        remove_if_empty(scratch.parent)
    return folder


def _write(model: Model, folder: Path) -> None:
    digests = {}
    for name, batch in to_tables(model).items():
        path = folder / f"{name}.parquet"
        digests[path.name] = write_table(path, pa.Table.from_batches([batch]))
    body = model.body
    manifest = Manifest(
        FORMAT,
        kind_of(model),
        model.description,
        body.scale if isinstance(body, Forest) else 1.0,
        isinstance(body, Forest) and body.single_precision,
        digests,
    )
    write_draft(FILE, to_json(asdict(manifest)), folder)
    with writing(folder):
        sync_folder(folder)


@dataclass(frozen=True, eq=False)
class Models:
    """A folder of models, each of which is read when it is first asked for.

    Attributes
    ----------
    root : pathlib.Path
        The folder.
    types : mapping of str to tuple of str
        Telescope types that have a model, by task.
    identity : str
        Digest of all of them, by which columns that they made are known.
    kept_bytes : int
        Models are kept in memory up to this size; beyond, the first that was read goes.
    """

    root: Path
    types: Mapping[str, tuple[str, ...]]
    identity: str = ""
    kept_bytes: int = KEPT_BYTES
    _loaded: dict[tuple[str, str], Model] = field(default_factory=dict, repr=False)

    def folder(self, task: str, tel_type: str) -> Path:
        """Return where a model lies.

        Raises
        ------
        StoreError
            If there is none.
        """
        if task not in self.types:
            hint = did_you_mean(task, self.types)
            raise StoreError(f"{self.root} has no model for {task!r}; {hint}")
        if tel_type not in self.types[task]:
            hint = did_you_mean(tel_type, self.types[task])
            raise StoreError(f"{self.root} has no {task} model of {tel_type!r}; {hint}")
        return _folder(self.root, task, tel_type)

    def load(self, task: str, tel_type: str) -> Model:
        """Read a model, or return the one that was read before.

        Raises
        ------
        StoreError
            If there is none, it is damaged, or of another version of the data model.
        """
        key = task, tel_type
        if key not in self._loaded:
            folder = self.folder(task, tel_type)
            model = load_model(folder)
            _check_place(folder, model.description, key)
            self._loaded[key] = model
            self._make_room(key)
        return self._loaded[key]

    def check(self, task: str, tel_type: str) -> None:
        """Ask whether a model is whole, without keeping any of it.

        Raises
        ------
        StoreError
            As `load` would, but for numbers that make no sense.
        """
        folder = self.folder(task, tel_type)
        _check_place(folder, check_model(folder).description, (task, tel_type))

    def describe(self, task: str, tel_type: str) -> Description:
        """Read what a model is, and none of its numbers.

        Raises
        ------
        StoreError
            If there is none, it is damaged, or of another version of the data model.
        """
        folder = self.folder(task, tel_type)
        known = read_manifest(folder / FILE).description
        _check_place(folder, known, (task, tel_type))
        return known

    def event_classes(self, task: str) -> EventClasses:
        """Read the classes of events that go with the errors that a task predicts.

        Raises
        ------
        StoreError
            If there are none, or they are damaged.
        """
        return load_classes(self.root, task)

    def _make_room(self, latest: tuple[str, str]) -> None:
        size = sum(model.n_bytes for model in self._loaded.values())
        for key in [key for key in self._loaded if key != latest]:
            if size <= self.kept_bytes:
                return
            size -= self._loaded.pop(key).n_bytes

    def forget(self, tel_type: str) -> None:
        """Let go of the models of a telescope type, which may be large."""
        for key in [key for key in self._loaded if key[1] == tel_type]:
            del self._loaded[key]


def _check_place(folder: Path, known: Description, key: tuple[str, str]) -> None:
    if (known.task, known.tel_type) != key:
        raise StoreError(f"{folder} has the {known.title}: it belongs elsewhere")


def holds_models(root: Path) -> bool:
    """Whether a folder has models in it, or is what is left of such a folder."""
    return is_models(root) or any(root.glob(_ALL))


def open_models(root: str | Path) -> Models:
    """Look what models are in a folder, without reading their tables.

    Raises
    ------
    StoreError
        If there are none, or they are not those that a training wrote together.
    """
    root = Path(root)
    is_training = is_models(root)
    if is_training:
        check_list(root, load_training_share(root).files)
    models = find_models(root)
    if is_training:
        return replace(models, identity=sha256_of(root / TRAINING))
    # Saved one by one: together they are what they are.
    paths = sorted(root.glob(_ALL))
    content = [(str(p.relative_to(root)), sha256_of(p)) for p in paths]
    return replace(models, identity=value_digest(content))


def find_models(root: Path) -> Models:
    """Look what models lie in a folder, whoever put them there.

    Raises
    ------
    StoreError
        If there are none.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(root.glob(_ALL)):
        task = path.parent.parent.name
        if _TASK.fullmatch(task):
            tel_type = unquote(path.parent.name.removeprefix(TYPE_FOLDER))
            found.setdefault(task, []).append(tel_type)
    if not found:
        what = "has no models in it" if root.is_dir() else "is no folder"
        raise StoreError(f"{root} {what}; train some with ctacol run train")
    return Models(root, {task: tuple(sorted(found[task])) for task in sorted(found)})


def _folder(root: Path, task: str, tel_type: str) -> Path:
    return root / task / (TYPE_FOLDER + quote(tel_type, safe=""))
