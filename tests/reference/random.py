"""Philox4x32-10 in Python integers: what `kernels.random` must equal."""


def philox4x32(counter, key):
    low, high = counter[:2], counter[2:]
    for number in range(10):
        k0 = (key[0] + number * 0x9E3779B9) % 2**32
        k1 = (key[1] + number * 0xBB67AE85) % 2**32
        upper_0, lower_0 = divmod(0xD2511F53 * low[0], 2**32)
        upper_1, lower_1 = divmod(0xCD9E8D57 * high[0], 2**32)
        low = [upper_1 ^ low[1] ^ k0, lower_1]
        high = [upper_0 ^ high[1] ^ k1, lower_0]
    return [*low, *high]


def words_of(key, stream, block):
    low, high = key % 2**32, key // 2**32 % 2**32
    return philox4x32([block, stream, 0, 0], [low, high])
