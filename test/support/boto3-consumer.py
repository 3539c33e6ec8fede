"""sts:GetCallerIdentity through boto3: PROFILE|- [CALLS [SECONDS_BETWEEN]], one JSON line a call, as js-consumer.ts."""

import json
import sys
import time

import boto3

profile, calls, pause = sys.argv[1], int((sys.argv[2:3] or ["1"])[0]), float((sys.argv[3:4] or ["0"])[0])
try:
    session = boto3.Session(profile_name=None if profile == "-" else profile)
    client = session.client("sts")
    for call in range(calls):
        if call > 0:
            time.sleep(pause)
        print(json.dumps({"sdk": "boto3", "arn": client.get_caller_identity()["Arn"]}), flush=True)
except Exception as error:
    print(json.dumps({"sdk": "boto3", "error": str(error)}))
    sys.exit(1)
