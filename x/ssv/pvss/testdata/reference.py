#!/usr/bin/env python3
"""A second implementation of the seed's secret sharing, written from protocol section 3, RFC 9496 and RFC 5869 alone.

It shares no code and no method with the Go package: integers modulo p instead of a curve library, polynomials
evaluated by powers, degree checked by interpolation, decryptions checked with the secret keys. It makes vectors.json:

    python3 reference.py > vectors.json

Nothing here is in constant time or meant for anything but vectors.
"""
import hashlib
import hmac
import json
import sys
from functools import reduce

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493


# ---- ristretto255 (RFC 9496) ---------------------------------------------------------------------------------------

D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def odd(x):
    return x % P & 1


def absolute(x):
    return P - x % P if odd(x) else x % P


def sqrt_ratio(u, v):
    """(was u/v square, |sqrt(u/v)| or |sqrt(i u/v)|), RFC 9496 4.2."""
    r = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    if check == -u % P or check == -u * SQRT_M1 % P:
        r = r * SQRT_M1 % P
    return check in (u % P, -u % P), absolute(r)


INVSQRT_A_MINUS_D = sqrt_ratio(1, -1 - D)[1]
# RFC 9496 4.1 fixes the sign of this root.
SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235
assert SQRT_AD_MINUS_ONE**2 % P == (-D - 1) % P


def unpack(data):
    s = int.from_bytes(data, "little")
    if s >= P or odd(s):
        raise ValueError("not canonical")
    ss = s * s % P
    u1, u2 = (1 - ss) % P, (1 + ss) % P
    v = (-(D * u1 * u1) - u2 * u2) % P
    square, inv = sqrt_ratio(1, v * u2 * u2)
    dx = inv * u2 % P
    x = absolute(2 * s * dx)
    y = u1 * inv * dx * v % P
    if not square or odd(x * y) or y == 0:
        raise ValueError("not on the curve")
    return x, y, 1, x * y % P


def pack(point):
    x0, y0, z0, t0 = point
    u1, u2 = (z0 + y0) * (z0 - y0) % P, x0 * y0 % P
    _, inv = sqrt_ratio(1, u1 * u2 * u2)
    d1, d2 = inv * u1 % P, inv * u2 % P
    z_inv = d1 * d2 * t0 % P
    if odd(t0 * z_inv):
        x, y, den = y0 * SQRT_M1 % P, x0 * SQRT_M1 % P, d1 * INVSQRT_A_MINUS_D % P
    else:
        x, y, den = x0, y0, d2
    if odd(x * z_inv):
        y = -y % P
    return absolute(den * (z0 - y)).to_bytes(32, "little")


def add(p, q):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = p, q
    a, b = (y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2)
    c, d = 2 * t1 * t2 * D, 2 * z1 * z2
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


ZERO = (0, 1, 1, 0)


def times(k, point):
    total = ZERO
    for bit in bin(k % L)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def elligator(data):
    t = int.from_bytes(data, "little") % 2**255
    r = SQRT_M1 * t * t % P
    u = (r + 1) * (1 - D * D) % P
    v = (-1 - r * D) * (r + D) % P
    square, s = sqrt_ratio(u, v)
    if square:
        c = -1
    else:
        s, c = -absolute(s * t) % P, r
    n = (c * (r - 1) * (D - 1) ** 2 - v) % P
    w0, w1 = 2 * s * v % P, n * SQRT_AD_MINUS_ONE % P
    w2, w3 = (1 - s * s) % P, (1 + s * s) % P
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


def to_group(data):
    return add(elligator(data[:32]), elligator(data[32:]))


G = unpack(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))


# ---- hashing --------------------------------------------------------------------------------------------------------

def be32(n):
    return n.to_bytes(4, "big")


def be64(n):
    return n.to_bytes(8, "big")


def lp(text):
    return be32(len(text.encode())) + text.encode()


def sha512(label, *parts):
    return hashlib.sha512(b"".join((lp("stafi/ssv/pvss/v1/" + label),) + parts)).digest()


def wide(data):
    return int.from_bytes(data, "little") % L


def challenge(label, *parts):
    return sha512(label, *parts)[:16]


def number(data):
    return int.from_bytes(data, "little")


def scalar_bytes(k):
    return (k % L).to_bytes(32, "little")


H = to_group(hashlib.sha512(b"stafi/ssv/pvss/v1/h").digest())


class Key:
    def __init__(self, seed):
        self.prk = hmac.new(b"stafi/ssv/pvss/v1/secret-key", seed, hashlib.sha512).digest()
        self.x = self.derive("scalar")
        self.public = pack(times(self.x, H))

    def derive(self, purpose, context=b""):
        info = sha512("derive/" + purpose, context)
        return wide(hmac.new(self.prk, info + b"\x01", hashlib.sha512).digest())


def possession(key, chain, operator):
    statement = sha512("possession", lp(chain), lp(operator), key.public)
    nonce = key.derive("possession", statement)
    e = challenge("possession/challenge", statement, pack(times(nonce, H)))
    return e + scalar_bytes(nonce - number(e) * key.x)


# ---- the round ------------------------------------------------------------------------------------------------------

class Round:
    def __init__(self, chain, era, threshold, slot_keys):
        self.chain, self.era, self.threshold, self.slot_keys = chain, era, threshold, slot_keys
        self.digest = sha512("round", lp(chain), be64(era), be64(threshold), be64(len(slot_keys)), *slot_keys)

    def context(self, dealer):
        return lp(self.chain) + be64(self.era) + lp(dealer) + self.digest


def coefficients(rnd, dealer, key):
    context = sha512("polynomial", rnd.context(dealer))
    return [key.derive("polynomial", context + be64(i)) for i in range(rnd.threshold)]


def evaluate(poly, x):
    return sum(a * pow(x, i, L) for i, a in enumerate(poly)) % L


def deal(rnd, dealer, key):
    poly = coefficients(rnd, dealer, key)
    count = len(rnd.slot_keys)
    bases = [unpack(k) for k in rnd.slot_keys]
    commitments = [pack(times(evaluate(poly, i), G)) for i in range(count + 1)]
    encrypted = [pack(times(evaluate(poly, i + 1), bases[i])) for i in range(count)]
    statement = sha512("dealing", rnd.context(dealer), *commitments, *encrypted)
    nonces = [key.derive("dealing-nonce", statement + be64(i)) for i in range(count)]
    pairs = [pack(times(w, G)) + pack(times(w, base)) for w, base in zip(nonces, bases)]
    e = challenge("dealing/challenge", statement, *pairs)
    responses = [scalar_bytes(w - number(e) * evaluate(poly, i + 1)) for i, w in enumerate(nonces)]
    return commitments, encrypted, b"".join([*commitments, *encrypted, e, *responses]), poly[0]


def at_zero(points):
    """Interpolate {x: element} in the exponent at 0."""
    total = ZERO
    for i, element in points.items():
        others = [j for j in points if j != i]
        numerator = reduce(lambda a, j: a * j % L, others, 1)
        denominator = reduce(lambda a, j: a * (j - i) % L, others, 1)
        total = add(total, times(numerator * pow(denominator, -1, L), unpack(element)))
    return pack(total)


def decrypt(rnd, dealer, key, encrypted):
    slots = [i + 1 for i, k in enumerate(rnd.slot_keys) if k == key.public]
    inverse = pow(key.x, -1, L)
    shares = [pack(times(inverse, unpack(encrypted[i - 1]))) for i in slots]
    lines = [be64(i) + encrypted[i - 1] + share for i, share in zip(slots, shares)]
    statement = sha512("decryption", rnd.context(dealer), key.public, be64(len(slots)), *lines)
    weights = [number(challenge("decryption/weight", statement, be64(i))) for i in range(len(slots))]
    mix = reduce(add, (times(d, unpack(share)) for d, share in zip(weights, shares)), ZERO)
    nonce = key.derive("decryption-nonce", statement)
    e = challenge("decryption/challenge", statement, pack(times(nonce, H)), pack(times(nonce, mix)))
    return slots, shares, e + scalar_bytes(nonce - number(e) * key.x)


def dual_word(alpha, slots, threshold):
    word = []
    for i in range(slots + 1):
        product = reduce(lambda a, j: a * (i - j) % L, (j for j in range(slots + 1) if j != i), 1)
        f = sum(pow(alpha * i, k, L) for k in range(slots - threshold + 1))
        word.append(f * pow(product, -1, L) % L)
    return word


# ---- vectors --------------------------------------------------------------------------------------------------------

def round_vector(chain, era, threshold, owners):
    """owners[i] is the dealer that owns slot i+1; there are as many dealers as the highest owner says."""
    seeds = [hashlib.sha256(b"vector key %d" % i).digest() for i in range(max(owners) + 1)]
    keys = [Key(seed) for seed in seeds]
    names = ["stafivaloper1dealer%d" % i for i in range(len(keys))]
    rnd = Round(chain, era, threshold, [keys[o].public for o in owners])
    dealings, secrets = [], []
    for name, key in zip(names, keys):
        commitments, encrypted, encoded, opening = deal(rnd, name, key)
        secret = pack(times(opening, H))
        decryptions, all_shares = [], {}
        for owner in keys:
            slots, shares, proof = decrypt(rnd, name, owner, encrypted)
            all_shares.update(zip(slots, shares))
            decryptions.append({"slots": slots, "shares": [s.hex() for s in shares], "proof": proof.hex()})
        assert at_zero({i + 1: commitments[i + 1] for i in range(threshold)}) == commitments[0]
        assert at_zero(dict(list(all_shares.items())[:threshold])) == secret
        assert at_zero(dict(list(all_shares.items())[-threshold:])) == secret
        dealings.append({
            "dealer": name, "dealing": encoded.hex(), "opening": scalar_bytes(opening).hex(), "secret": secret.hex(),
            "decryptions": decryptions,
        })
        secrets.append(secret)
    seed = hashlib.sha256(lp("stafi/ssv/seed/v1") + lp(chain) + be64(era) + b"".join(secrets)).digest()
    return {
        "chain_id": chain, "era": era, "threshold": threshold, "slot_owners": owners,
        "key_seeds": [s.hex() for s in seeds], "public_keys": [k.public.hex() for k in keys],
        "possessions": [possession(k, chain, n).hex() for k, n in zip(keys, names)],
        "round_digest": rnd.digest.hex(), "dealings": dealings, "seed": seed.hex(),
    }


def word_vector(alpha, slots, threshold):
    return {"alpha": scalar_bytes(alpha).hex(), "slots": slots, "threshold": threshold,
            "word": [scalar_bytes(c).hex() for c in dual_word(alpha, slots, threshold)]}


def main():
    # RFC 9496 A.1 and A.3, so that an error in this file's own group is found here.
    assert pack(times(2, G)).hex() == "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919"
    assert pack(to_group(bytes.fromhex(
        "5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c1"
        "4d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6"))).hex() == \
        "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46"
    alpha = wide(hashlib.sha512(b"vector alpha").digest())
    vectors = {
        "h": pack(H).hex(),
        "rounds": [
            round_vector("stafi-1", 1, 1, [0]),
            round_vector("stafi-1", 7, 2, [0, 1, 2, 3]),
            round_vector("stafi-vectors-2", 2**63 + 5, 6, [0, 1, 2, 0, 3, 0, 1, 0, 4, 2, 0, 1, 0, 2, 1, 0]),
            round_vector("", 0, 3, [2, 0, 1]),
        ],
        "dual_words": [word_vector(alpha, 4, 2), word_vector(alpha, 20, 7), word_vector(1, 9, 4), word_vector(alpha, 3, 3),
                       word_vector(0, 6, 3)],
    }
    json.dump(vectors, sys.stdout, indent=1)
    print()


main()
