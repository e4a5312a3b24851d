"""JAX: one jitted step, its state donated; Adam and SGD by hand."""


import jax
import jax.numpy as jnp
from jax import lax, nn

import peer

jax.config.update("jax_platforms", "cpu")
W = {k: v for k, v in peer.WEIGHTS.items() if not k.endswith(("norm/mean", "norm/variance"))}
RUNNING = {k: v for k, v in peer.WEIGHTS.items() if k not in W}
UNROLL = peer.SETTING.get("unroll", 1)


def dense(w, name, x):
    return x @ w[name + "/kernel"] + w[name + "/bias"]


def conv(kernel, x, stride, pad):
    return lax.conv_general_dilated(x, kernel, (stride, stride), [(pad, pad)] * 2, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def cross_entropy(logits, labels):
    return -jnp.take_along_axis(nn.log_softmax(logits), labels[..., None], -1).mean()


def mlp(w, x):
    h = x.reshape(len(x), -1)
    h = nn.relu(dense(w, "dense/1", nn.relu(dense(w, "dense/0", h))))
    return dense(w, "readout", h)


def lenet(w, x):
    def block(name, x):
        y = conv(w[name + "/kernel"], x, 1, 0) + w[name + "/bias"]
        return lax.reduce_window(y, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    h = block("conv/1", block("conv/0", x)).reshape(len(x), -1)
    return dense(w, "readout", nn.relu(dense(w, "dense", h)))


def resnet(w, x, running, trains):
    moved = {}

    def conv_norm(name, x, stride, pad):
        y, norm = conv(w[name + "/conv/kernel"], x, stride, pad), name + "/norm"
        if trains:
            mean, variance, n = y.mean((0, 1, 2)), y.var((0, 1, 2)), y.size // y.shape[-1]
            moved[norm + "/mean"] = 0.9 * running[norm + "/mean"] + 0.1 * mean
            moved[norm + "/variance"] = 0.9 * running[norm + "/variance"] + 0.1 * variance * n / (n - 1)
        else:
            mean, variance = running[norm + "/mean"], running[norm + "/variance"]
        return (y - mean) * (w[norm + "/scale"] * lax.rsqrt(variance + 1e-5)) + w[norm + "/bias"]

    h = nn.relu(conv_norm("stem", x, 1, 1))
    for stage in range(3):
        for k in range(3):
            name, stride = f"block/{stage}/{k}", 2 if stage > 0 and k == 0 else 1
            y = conv_norm(name + "/1", nn.relu(conv_norm(name + "/0", h, stride, 1)), 1, 1)
            h = nn.relu(y + (conv_norm(name + "/short", h, stride, 0) if stride > 1 else h))
    return dense(w, "readout", h.mean((1, 2))), moved


def lstm(w, text):
    x = w["characters/table"][text] @ w["lstm/kernel"] + w["lstm/bias"]
    zero = jnp.zeros((len(text), 256))

    def step(state, x):
        h, c = state
        i, f, g, o = jnp.split(x + h @ w["lstm/recurrent"], 4, -1)
        c = nn.sigmoid(f) * c + nn.sigmoid(i) * jnp.tanh(g)
        h = nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    _, h = lax.scan(step, (zero, zero), x.transpose(1, 0, 2), unroll=UNROLL)
    return dense(w, "readout", h.transpose(1, 0, 2))


def gru(w, past):
    x = past @ w["gru/kernel"] + w["gru/bias"]

    def step(h, x):
        (xr, xz, xn), (hr, hz, hn) = jnp.split(x, 3, -1), jnp.split(h @ w["gru/recurrent"], 3, -1)
        r, z = nn.sigmoid(xr + hr), nn.sigmoid(xz + hz)
        n = jnp.tanh(xn + r * (hn + w["gru/recurrent_bias"]))
        return (1 - z) * n + z * h, None

    h, _ = lax.scan(step, jnp.zeros((len(past), 64)), x.transpose(1, 0, 2), unroll=UNROLL)
    return dense(w, "readout", h)


def norm(w, name, x):
    mean = x.mean(-1, keepdims=True)
    return (x - mean) * lax.rsqrt(x.var(-1, keepdims=True) + 1e-5) * w[name + "/scale"] + w[name + "/bias"]


def gpt(w, text):
    x = w["bytes/table"][text] + w["positions/table"]
    batch, time, width = x.shape
    sees = jnp.tril(jnp.ones((time, time), bool))
    for k in range(6):
        name = f"block/{k}/"
        h = norm(w, name + "norm1", x)
        q, k, v = (dense(w, f"{name}attention/{p}", h).reshape(batch, time, 6, -1).transpose(0, 2, 1, 3) for p in ("query", "key", "value"))
        scores = jnp.where(sees, q @ k.transpose(0, 1, 3, 2) * 64**-0.5, -1e30)
        y = (nn.softmax(scores) @ v).transpose(0, 2, 1, 3).reshape(batch, time, width)
        x = x + dense(w, name + "attention/out", y)
        x = x + dense(w, name + "dense2", nn.gelu(dense(w, name + "dense1", norm(w, name + "norm2", x))))
    return dense(w, "readout", norm(w, "norm", x))


def vae(w, counts):
    return dense(w, "mean", nn.relu(dense(w, "encoder", jnp.log1p(counts))))


def vae_loss(w, x, noise):
    h = nn.relu(dense(w, "encoder", jnp.log1p(x)))
    mean, log_variance = dense(w, "mean", h), dense(w, "log_variance", h)
    d = nn.relu(dense(w, "decoder", mean + noise * jnp.exp(0.5 * log_variance)))
    mu = nn.softmax(dense(w, "share", d)) * x.sum(-1, keepdims=True) + 1e-6
    theta = jnp.exp(w["log_theta"])
    both = jnp.log(theta + mu)
    log_p = theta * (w["log_theta"] - both) + x * (jnp.log(mu) - both)
    log_p = log_p + lax.lgamma(x + theta) - lax.lgamma(theta) - lax.lgamma(x + 1)
    return 0.5 * (jnp.exp(log_variance) + mean**2 - log_variance - 1).sum(-1).mean() - log_p.sum(-1).mean()


FORWARD = {"mlp": mlp, "lenet": lenet, "lstm": lstm, "gru": gru, "gpt": gpt, "vae": vae}
FORWARD["resnet"] = lambda w, x: resnet(w, x, RUNNING, False)[0]


def loss_of(w, running, *columns):
    """The loss, and the running moments after it."""
    if peer.NETWORK == "resnet":
        logits, moved = resnet(w, columns[0], running, True)
        return cross_entropy(logits, columns[1]), moved
    if peer.NETWORK == "vae":
        return vae_loss(w, *columns), running
    out = FORWARD[peer.NETWORK](w, columns[0])
    if peer.NETWORK == "gru":
        return jnp.square(out - columns[1]).mean(), running
    return cross_entropy(out, columns[1]), running


def update(w, slots, gradients):
    if peer.NETWORK == "resnet":
        slots = jax.tree.map(lambda v, g: peer.MOMENTUM * v + g, slots, gradients)
        return jax.tree.map(lambda p, v: p - peer.RATE * v, w, slots), slots
    m, v, t = slots
    t = t + 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradients)
    a, b = peer.RATE / (1 - 0.9**t), lax.rsqrt(1 - 0.999**t)
    return jax.tree.map(lambda p, m, v: p - a * m / (jnp.sqrt(v) * b + peer.EPSILON), w, m, v), (m, v, t)


def step(state, columns):
    w, slots, running = state
    (loss, running), gradients = jax.value_and_grad(loss_of, has_aux=True)(w, running, *columns)
    w, slots = update(w, slots, gradients)
    return (w, slots, running), loss


def main():
    one = jax.jit(step, donate_argnums=0)
    many = jax.jit(lambda state, stacked: lax.scan(step, state, stacked), donate_argnums=0)
    w = jax.tree.map(jnp.array, W)
    zeros = jax.tree.map(jnp.zeros_like, w)
    slots = zeros if peer.NETWORK == "resnet" else (zeros, jax.tree.map(jnp.zeros_like, w), jnp.zeros((), jnp.float32))
    state = (w, slots, jax.tree.map(jnp.array, RUNNING))
    all_batches = [[jnp.array(c) for c in b] for b in peer.batches()]
    k = 0

    def train(n):
        nonlocal state, k
        if peer.SETTING.get("scan") and n > 1:
            chosen = [all_batches[(k + i) % len(all_batches)] for i in range(n)]
            state, losses = many(state, [jnp.stack(c) for c in zip(*chosen)])
            k += n
            return losses.tolist()
        losses = []
        for _ in range(n):
            state, loss = one(state, all_batches[k % len(all_batches)])
            losses.append(loss)
            k += 1
        return [float(x) for x in losses]

    def infer(rows):
        x = jnp.array(next(iter(peer.DATA.values()))[:rows])
        if peer.NETWORK == "resnet":
            running = state[2]
            forward = jax.jit(lambda w, x: resnet(w, x, running, False)[0])
        else:
            forward = jax.jit(FORWARD[peer.NETWORK])
        return lambda: jax.block_until_ready(forward(state[0], x))

    peer.serve(train, infer)


if __name__ == "__main__":
    main()
