"""Where an array stands."""

from dataclasses import dataclass

from astropy import units as u
from astropy.coordinates import EarthLocation

from cta_columnar.gadf import HeaderValue
from cta_columnar.instrument.subarray import SubarrayDescription


@dataclass(frozen=True)
class Site:
    """Reference point of an array, on the ellipsoid of WGS84.

    Attributes
    ----------
    longitude, latitude : float
        To the east and to the north, deg.
    height : float
        Above sea level, m.
    """

    longitude: float
    latitude: float
    height: float

    @property
    def location(self) -> EarthLocation:
        """The same for astropy."""
        return EarthLocation.from_geodetic(
            self.longitude * u.deg, self.latitude * u.deg, self.height * u.m
        )

    @property
    def keywords(self) -> dict[str, HeaderValue]:
        """Keywords of GADF for it."""
        return {
            "GEOLON": self.longitude,
            "GEOLAT": self.latitude,
            "ALTITUDE": self.height,
        }


def site_of(subarray: SubarrayDescription) -> Site:
    """Site of an array."""
    return Site(
        subarray.reference_longitude,
        subarray.reference_latitude,
        subarray.reference_height,
    )
