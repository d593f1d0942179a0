"""Which networks look at faces beside dlib's, as the settings say: the operator's own encoder, alone or beside it, and their own detector."""

from guard.faceworker.detect import SecondDetector
from guard.faceworker.encode import DlibEncoder, Encoder
from guard.settings import Settings


def encoders(settings: Settings) -> tuple[Encoder, ...]:
    """The encoders in force, the one that counts faces and judges enrolment photos first."""
    if settings.face_encoder is None:
        return (DlibEncoder(),)
    from guard.faceworker.onnx_encoder import OnnxEncoder

    own = OnnxEncoder(settings.face_encoder)
    return (own, DlibEncoder()) if settings.face_encoder_beside_dlib else (own,)


def second_detector(settings: Settings) -> SecondDetector | None:
    """The detector beside dlib's, where there is one."""
    if settings.face_detector is None:
        return None
    from guard.faceworker.onnx_detector import OnnxDetector

    return OnnxDetector(settings.face_detector)
