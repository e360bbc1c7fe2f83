import pytest

from cta_columnar.display import style


@pytest.fixture
def ax():
    return style.figure(4, 4).add_subplot()
