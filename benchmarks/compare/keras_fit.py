"""Keras 3 as its guides have it: Sequential, regularizers, compile, fit. KERAS_BACKEND says on what: tensorflow or jax."""

import m1
import keras
import numpy as np
from keras import layers, ops

SETTINGS = {
    "steps_per_execution": [1, 7, 35],
    "jit_compile": [True, False],  # False: on tensorflow only
}


class GroupLasso(keras.regularizers.Regularizer):
    def __call__(self, kernel):
        return m1.L2 * ops.sum(ops.square(kernel)) + m1.LASSO * ops.sum(ops.sqrt(ops.sum(ops.square(kernel), axis=1)))


def network(phase, inputs, outputs):
    l2, net = keras.regularizers.L2(m1.L2), keras.Sequential([keras.Input((inputs,))])
    lasso = phase in ("pretrain", "unfrozen")
    sizes = m1.layer_sizes(inputs, outputs)
    for i, (_, units) in enumerate(sizes):
        last = i == len(sizes) - 1
        net.add(
            layers.Dense(
                units,
                activation=None if i == 2 or last else "elu",
                kernel_regularizer=GroupLasso() if lasso and i == 0 else l2,
                bias_regularizer=None if last and phase != "pretrain" else l2,
            )
        )
    return net


class Peer:
    def __init__(self, setting, threads):
        self.setting, self.nets, self.initial = setting, {}, {}
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)

    def compiled(self, phase, inputs, outputs):
        """Built and compiled once; later models start from other weights and a fresh optimizer."""
        if phase not in self.nets:
            net = network(phase, inputs, outputs)
            if phase == "frozen":
                for layer in net.layers[:2]:
                    layer.trainable = False
            classes = phase == "pretrain"
            net.compile(
                optimizer=keras.optimizers.Adam(m1.RATES[phase], m1.BETA1, m1.BETA2, m1.EPSILON),
                loss=keras.losses.CategoricalCrossentropy(from_logits=True) if classes else "mse",
                metrics=["accuracy"] if classes else ["mse"],
                **self.setting,
            )
            self.nets[phase] = net
        net = self.nets[phase]
        for v in net.optimizer.variables:
            if v is not net.optimizer._learning_rate:
                v.assign(ops.zeros(v.shape, v.dtype))
        return net

    def fit(self, phase, weights, x, y, epochs):
        net = self.compiled(phase, x.shape[1], y.shape[1])
        net.set_weights(weights)
        net.fit(x, y, batch_size=m1.BATCH, epochs=epochs, verbose=0)
        return net

    def test(self, net, fold, x_test):
        return fold.r2(net.predict_on_batch(x_test))

    def train(self, fold, epochs):
        keras.utils.set_random_seed(fold.number)
        rng = np.random.default_rng(fold.number)
        x, y, x_test, n, r2 = fold.x, fold.y, fold.x_test, fold.n_pretrain, {}
        classes = np.eye(m1.CLUSTERS, dtype=np.float32)[fold.clusters]
        fresh = []
        for a, b in m1.layer_sizes(x.shape[1], m1.CLUSTERS):
            fresh += [m1.glorot(rng, a, b), np.zeros(b, np.float32)]
        net = self.fit("pretrain", fresh, x[:n], classes[:n], epochs["pretrain"])
        readout = [m1.glorot(rng, m1.HIDDEN[0], y.shape[1]), np.zeros(y.shape[1], np.float32)]
        net = self.fit("frozen", self.weights(net)[:-2] + readout, x, y, epochs["frozen"])
        r2["frozen"] = self.test(net, fold, x_test)
        net = self.fit("unfrozen", self.weights(net), x, y, epochs["unfrozen"])
        r2["unfrozen"] = self.test(net, fold, x_test)
        weights = self.weights(net)
        kept = m1.largest_rows(weights[0])
        weights[0] = weights[0][kept]
        x, x_test = np.ascontiguousarray(x[:, kept]), np.ascontiguousarray(x_test[:, kept])
        small = self.compiled("finetune", x.shape[1], y.shape[1])
        small.set_weights(weights)
        r2["pruned"] = self.test(small, fold, x_test)
        net = self.fit("finetune", weights, x, y, epochs["finetune"])
        r2["finetuned"] = self.test(net, fold, x_test)
        return r2

    @staticmethod
    def weights(net):
        """In the order of the layers, whichever are trainable."""
        return [np.asarray(ops.convert_to_numpy(w)) for layer in net.layers for w in layer.weights]


if __name__ == "__main__":
    m1.main(SETTINGS, Peer)
