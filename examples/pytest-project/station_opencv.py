"""The station's program on OpenCV: prints the mean grey of each image.

grab /dev/videoN COUNT EXPOSURE_100us
"""

import json
import sys

import cv2


def grab(path, count, exposure):
    camera = cv2.VideoCapture(path, cv2.CAP_V4L2)
    camera.set(cv2.CAP_PROP_CONVERT_RGB, 0)
    camera.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"GREY"))
    camera.set(cv2.CAP_PROP_FRAME_WIDTH, 1280)
    camera.set(cv2.CAP_PROP_FRAME_HEIGHT, 720)
    camera.set(cv2.CAP_PROP_EXPOSURE, exposure)
    images = [camera.read() for _ in range(count)]
    camera.release()
    return [float(image.mean()) if good else None for good, image in images]


if __name__ == "__main__":
    _, _, where, number, exposure_100us = sys.argv
    print(json.dumps(grab(where, int(number), int(exposure_100us))))
