"""Reads QR codes back with a reader that is none of ours."""

import zxingcpp
from PIL import Image


def read(image: Image.Image) -> zxingcpp.Barcode:
    """The one QR code of a picture in shades of grey."""
    # Asked for anything, it now and then takes some of the modules for the bars of a linear code as well.
    (found,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return found
