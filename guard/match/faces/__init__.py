"""Faces: what was found in a picture, who is enrolled, and who of them it is. Needs numpy only, no model and no decoder."""

from guard.match.faces.found import Box, FaceFound, FacesInPicture, Quality, Vector
from guard.match.faces.gallery import FaceCandidate, FaceGallery, FaceHit, build, hits
from guard.match.faces.same import alike

__all__ = ["Box", "FaceCandidate", "FaceFound", "FaceGallery", "FaceHit", "FacesInPicture", "Quality", "Vector", "alike", "build", "hits"]
