"""moto's server, made fit to decide by IAM: what it gets wrong of signatures is taken out.

moto 5.2.1 computes a signature anew from a decoded URL, so that no listing whose prefix holds a
slash verifies. Who calls it reads from the access key id all the same; what the caller may do, which
is what is asked of it here, does not depend on the signature.
"""

import sys

from moto.iam.access_control import IAMRequestBase
from moto.server import main

IAMRequestBase.check_signature = lambda _: None

if __name__ == "__main__":
    main(sys.argv[1:])
