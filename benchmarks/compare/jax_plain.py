"""Plain JAX: an epoch is one call of a compiled scan over its batches; parameters and moments are donated."""

from functools import partial

import m1
import jax
import jax.numpy as jnp
import numpy as np

SETTINGS = {"unroll": [1, 5], "hoist": ["no", "yes"], "order": ["gather", "sorted"]}


def forward(params, x, first=0):
    last = len(params) - 1
    for i in range(first, last + 1):
        kernel, bias = params[i]
        x = x @ kernel + bias
        if i not in (2, last):
            x = jax.nn.elu(x)
    return x


def penalties(trained, phase):
    total, n = 0.0, len(trained)
    for i, (kernel, bias) in enumerate(trained):
        total += m1.L2 * jnp.sum(kernel**2)
        if phase == "pretrain" or i < n - 1:  # not on the bias of the regression's readout
            total += m1.L2 * jnp.sum(bias**2)
    if phase in ("pretrain", "unfrozen"):
        total += m1.LASSO * jnp.sum(jnp.sqrt(jnp.sum(trained[0][0] ** 2, axis=1)))
    return total


def data_loss(out, target, phase):
    if phase == "pretrain":
        return -jnp.mean(jnp.sum(target * jax.nn.log_softmax(out), axis=1))
    return jnp.mean((out - target) ** 2)


def step(state, x, target, held, phase, lr):
    """held: the frozen layers, or None where x has been through them."""
    params, m, v, t = state

    def loss(p):
        data = data_loss(forward([*held, *p] if held else ([None, None, *p] if phase == "hoisted" else p), x,
                                 2 if phase == "hoisted" else 0), target, phase)  # fmt: skip
        return data + penalties(p, phase), data

    gradient, data = jax.grad(loss, has_aux=True)(params)
    t = t + 1
    rate = lr * jnp.sqrt(1 - m1.BETA2**t) / (1 - m1.BETA1**t)
    m = jax.tree.map(lambda a, g: m1.BETA1 * a + (1 - m1.BETA1) * g, m, gradient)
    v = jax.tree.map(lambda a, g: m1.BETA2 * a + (1 - m1.BETA2) * g * g, v, gradient)
    params = jax.tree.map(lambda p, a, b: p - rate * a / (jnp.sqrt(b) + m1.EPSILON), params, m, v)
    return (params, m, v, t), data


@partial(jax.jit, static_argnames=("phase", "unroll", "gather"), donate_argnums=0)
def epoch(state, x, target, order, held, lr, phase, unroll, gather):
    n, full = len(x), len(x) // m1.BATCH
    if not gather:  # the whole epoch in its order at once
        x, target = x[order], target[order]
        order = jnp.arange(n)
    take = lambda rows: (x[rows], target[rows]) if gather else (  # noqa: E731
        jax.lax.dynamic_slice_in_dim(x, rows[0], len(rows)), jax.lax.dynamic_slice_in_dim(target, rows[0], len(rows)))  # fmt: skip
    body = lambda s, rows: step(s, *take(rows), held, phase, lr)  # noqa: E731
    state, losses = jax.lax.scan(body, state, order[: full * m1.BATCH].reshape(full, m1.BATCH), unroll=unroll)
    total = jnp.sum(losses) * m1.BATCH
    if n % m1.BATCH:
        state, data = step(state, *take(order[full * m1.BATCH :]), held, phase, lr)
        total += data * (n % m1.BATCH)
    return state, total / n


predict = jax.jit(forward)


def fresh(rng, inputs, outputs):
    return [(jnp.asarray(m1.glorot(rng, a, b)), jnp.zeros(b)) for a, b in m1.layer_sizes(inputs, outputs)]


class Peer:
    def __init__(self, setting, threads):
        self.setting = setting

    def fit(self, params, phase, x, target, epochs, rng):
        lr, held, name = m1.RATES[phase], None, phase
        if phase == "frozen":
            held, params = params[:2], params[2:]
            if self.setting["hoist"] == "yes":
                x = predict_frozen(held, x)
                name = "hoisted"
        zeros = lambda: jax.tree.map(jnp.zeros_like, params)  # noqa: E731
        state = (jax.tree.map(jnp.copy, params), zeros(), zeros(), jnp.zeros(()))
        history = []
        for _ in range(epochs):
            order = jnp.asarray(rng.permutation(len(x)).astype(np.int32))
            state, loss = epoch(state, x, target, order, None if name == "hoisted" else held, lr, phase=name,
                                unroll=self.setting["unroll"], gather=self.setting["order"] == "gather")  # fmt: skip
            history.append(float(loss))
        return [*held, *state[0]] if held else state[0]

    def train(self, fold, epochs):
        rng = np.random.default_rng(fold.number)
        x, y, x_test, n, r2 = jnp.asarray(fold.x), jnp.asarray(fold.y), jnp.asarray(fold.x_test), fold.n_pretrain, {}
        classes = jax.nn.one_hot(fold.clusters, m1.CLUSTERS)
        params = fresh(rng, x.shape[1], m1.CLUSTERS)
        params = self.fit(params, "pretrain", x[:n], classes[:n], epochs["pretrain"], rng)
        params = [*params[:-1], fresh(rng, x.shape[1], y.shape[1])[-1]]
        params = self.fit(params, "frozen", x, y, epochs["frozen"], rng)
        r2["frozen"] = fold.r2(predict(params, x_test))
        params = self.fit(params, "unfrozen", x, y, epochs["unfrozen"], rng)
        r2["unfrozen"] = fold.r2(predict(params, x_test))
        kept = m1.largest_rows(params[0][0])
        params = [(params[0][0][kept], params[0][1]), *params[1:]]
        x, x_test = x[:, kept], x_test[:, kept]
        r2["pruned"] = fold.r2(predict(params, x_test))
        params = self.fit(params, "finetune", x, y, epochs["finetune"], rng)
        r2["finetuned"] = fold.r2(predict(params, x_test))
        return r2


@jax.jit
def predict_frozen(held, x):
    for kernel, bias in held:
        x = jax.nn.elu(x @ kernel + bias)
    return x


if __name__ == "__main__":
    m1.main(SETTINGS, Peer)
