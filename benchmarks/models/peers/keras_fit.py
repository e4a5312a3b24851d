"""Keras 3: layers, compile, fit. KERAS_BACKEND says on what: jax or tensorflow."""

import os

import keras
import numpy as np
from keras import layers, ops

import peer

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(len(os.sched_getaffinity(0)))
    tf.config.threading.set_inter_op_parallelism_threads(1)

W = peer.WEIGHTS


def with_weights(layer, x, arrays):
    """The layer's output, its weights set."""
    y = layer(x)
    layer.set_weights(arrays)
    return y


def dense(name, x, activation=None):
    kernel = W[name + "/kernel"]
    return with_weights(layers.Dense(kernel.shape[1], activation=activation), x, [kernel, W[name + "/bias"]])


def embedding(name, x):
    table = W[name + "/table"]
    return with_weights(layers.Embedding(*table.shape), x, [table])


def conv(name, x, stride=1, pad=0):
    kernel = W[name + "/kernel"]
    biased = name + "/bias" in W
    if pad:
        x = layers.ZeroPadding2D(pad)(x)
    layer = layers.Conv2D(kernel.shape[3], kernel.shape[:2], strides=stride, use_bias=biased)
    return with_weights(layer, x, [kernel, W[name + "/bias"]] if biased else [kernel])


def mlp():
    x = keras.Input((28, 28, 1))
    h = dense("dense/1", dense("dense/0", layers.Flatten()(x), "relu"), "relu")
    return x, dense("readout", h)


def lenet():
    x = keras.Input((28, 28, 1))
    h = layers.MaxPooling2D()(conv("conv/1", layers.MaxPooling2D()(conv("conv/0", x))))
    return x, dense("readout", dense("dense", layers.Flatten()(h), "relu"))


def conv_norm(name, x, stride, pad):
    norm = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    arrays = [W[f"{name}/norm/{k}"] for k in ("scale", "bias", "mean", "variance")]
    return with_weights(norm, conv(name + "/conv", x, stride, pad), arrays)


def resnet():
    x = keras.Input((32, 32, 1))
    h = layers.ReLU()(conv_norm("stem", x, 1, 1))
    for stage in range(3):
        for k in range(3):
            name, stride = f"block/{stage}/{k}", 2 if stage > 0 and k == 0 else 1
            y = conv_norm(name + "/1", layers.ReLU()(conv_norm(name + "/0", h, stride, 1)), 1, 1)
            h = layers.ReLU()(layers.Add()([y, conv_norm(name + "/short", h, stride, 0) if stride > 1 else h]))
    return x, dense("readout", layers.GlobalAveragePooling2D()(h))


def lstm():
    x = keras.Input((None,), dtype="int32")
    arrays = [W[f"lstm/{k}"] for k in ("kernel", "recurrent", "bias")]
    h = with_weights(layers.LSTM(256, return_sequences=True), embedding("characters", x), arrays)
    return x, dense("readout", h)


def gru():
    x = keras.Input((48, 8))

    def order(a):  # ours: r, z, n; Keras': z, r, n
        r, z, n = np.split(a, 3, -1)
        return np.concatenate([z, r, n], -1)

    recurrent_bias = np.concatenate([np.zeros(128, np.float32), W["gru/recurrent_bias"]])
    bias = np.stack([order(W["gru/bias"]), recurrent_bias])
    h = with_weights(layers.GRU(64), x, [order(W["gru/kernel"]), order(W["gru/recurrent"]), bias])
    return x, dense("readout", h)


class Positions(layers.Layer):
    def build(self, shape):
        self.table = self.add_weight(shape=W["positions/table"].shape, name="table")

    def call(self, x):
        return x + self.table


def attention(name, x):
    heads, width = 6, 64
    arrays = []
    for k in ("query", "key", "value"):
        arrays += [W[f"{name}/{k}/kernel"].reshape(-1, heads, width), W[f"{name}/{k}/bias"].reshape(heads, width)]
    arrays += [W[name + "/out/kernel"].reshape(heads, width, -1), W[name + "/out/bias"]]
    layer = layers.MultiHeadAttention(heads, width)
    y = layer(x, x, use_causal_mask=True)
    layer.set_weights(arrays)
    return y


def layer_norm(name, x):
    return with_weights(layers.LayerNormalization(epsilon=1e-5), x, [W[name + "/scale"], W[name + "/bias"]])


def gpt():
    text = keras.Input((256,), dtype="int32")
    x = with_weights(Positions(), embedding("bytes", text), [W["positions/table"]])
    for k in range(6):
        name = f"block/{k}/"
        x = layers.Add()([x, attention(name + "attention", layer_norm(name + "norm1", x))])
        h = layers.Activation(lambda v: keras.activations.gelu(v, approximate=True))(dense(name + "dense1", layer_norm(name + "norm2", x)))
        x = layers.Add()([x, dense(name + "dense2", h)])
    return text, dense("readout", layer_norm("norm", x))


def lgamma(x):
    if keras.backend.backend() == "jax":
        from jax import lax

        return lax.lgamma(x)
    return tf.math.lgamma(x)


class Likelihood(layers.Layer):
    """The loss of each cell."""

    def build(self, shape):
        self.log_theta = self.add_weight(shape=W["log_theta"].shape, name="log_theta")

    def call(self, values):
        x, share, mean, log_variance = values
        mu = share * ops.sum(x, -1, keepdims=True) + 1e-6
        theta = ops.exp(self.log_theta)
        both = ops.log(theta + mu)
        log_p = theta * (self.log_theta - both) + x * (ops.log(mu) - both)
        log_p = log_p + lgamma(x + theta) - lgamma(theta) - lgamma(x + 1)
        kl = 0.5 * ops.sum(ops.exp(log_variance) + ops.square(mean) - log_variance - 1, -1)
        return kl - ops.sum(log_p, -1)

    def compute_output_shape(self, shapes):
        return shapes[0][:1]


def vae():
    x, noise = keras.Input((2000,)), keras.Input((10,))
    h = dense("encoder", ops.log1p(x), "relu")
    mean, log_variance = dense("mean", h), dense("log_variance", h)
    d = dense("decoder", mean + noise * ops.exp(0.5 * log_variance), "relu")
    share = layers.Softmax()(dense("share", d))
    loss = with_weights(Likelihood(), [x, share, mean, log_variance], [W["log_theta"]])
    return x, mean, keras.Model([x, noise], loss)


def main():
    build = {"mlp": mlp, "lenet": lenet, "resnet": resnet, "lstm": lstm, "gru": gru, "gpt": gpt, "vae": vae}[peer.NETWORK]
    x, out, *trained = build()
    answers = keras.Model(x, out)
    net = trained[0] if trained else answers
    if peer.NETWORK == "vae":
        loss = lambda y, p: ops.mean(p)  # noqa: E731
    elif peer.NETWORK == "gru":
        loss = "mse"
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if peer.NETWORK == "resnet":
        rule = keras.optimizers.SGD(peer.RATE, momentum=peer.MOMENTUM)
    else:
        rule = keras.optimizers.Adam(peer.RATE, epsilon=peer.EPSILON)
    net.compile(optimizer=rule, loss=loss, jit_compile=peer.SETTING.get("jit_compile", True),
                steps_per_execution=peer.SETTING.get("steps_per_execution", 1))  # fmt: skip
    columns = list(peer.DATA.values())
    k = 0

    def rows(column, n):
        at = np.arange(k * peer.BATCH, (k + n) * peer.BATCH) % peer.ROWS
        return column[at]

    def train(n):
        nonlocal k
        now = [rows(c, n) for c in columns]
        k += n
        if peer.NETWORK == "vae":
            given, wanted = now, np.zeros(len(now[0]), np.float32)
        else:
            given, wanted = now
        history = net.fit(given, wanted, batch_size=peer.BATCH, epochs=1, shuffle=False, verbose=0)
        return [float(history.history["loss"][0])]

    def infer(n):
        given = ops.convert_to_tensor(columns[0][:n])
        if keras.backend.backend() == "tensorflow":
            forward = tf.function(lambda v: answers(v, training=False), jit_compile=peer.SETTING.get("jit_compile", True))
            return lambda: forward(given).numpy()
        return lambda: answers.predict_on_batch(given)

    peer.serve(train, infer)


if __name__ == "__main__":
    main()
