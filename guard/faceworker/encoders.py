"""Which encoders look at faces: the operator's own beside dlib's while people are enrolled anew, then alone."""

from guard.faceworker.encode import DlibEncoder, Encoder
from guard.settings import Settings


def encoders(settings: Settings) -> tuple[Encoder, ...]:
    """The encoders in force, the one that counts faces and judges enrolment photos first."""
    if settings.face_encoder is None:
        return (DlibEncoder(),)
    from guard.faceworker.onnx_encoder import OnnxEncoder

    own = OnnxEncoder(settings.face_encoder)
    return (own, DlibEncoder()) if settings.face_encoder_beside_dlib else (own,)
