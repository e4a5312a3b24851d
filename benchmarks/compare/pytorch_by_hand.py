"""PyTorch without its autograd: the backward pass by hand, every product and activation into memory that was allocated once, one
Adam over all parameters laid side by side."""

import m1
import numpy as np
import torch

SETTINGS = {"adam": ["flat", "fused"], "hoist": ["no", "yes"]}
F32 = torch.float32


class Network:
    """Kernels [in, out] and biases as windows into one flat vector: trained layers last, so that Adam sees one piece."""

    def __init__(self, sizes):
        self.sizes = sizes
        total = sum(a * b + b for a, b in sizes)
        self.flat, self.gradient = torch.zeros(total), torch.zeros(total)
        self.kernel, self.bias, self.d_kernel, self.d_bias, self.start = [], [], [], [], []
        at = 0
        for a, b in sizes:
            self.start.append(at)
            self.kernel.append(self.flat[at : at + a * b].view(a, b))
            self.d_kernel.append(self.gradient[at : at + a * b].view(a, b))
            at += a * b
            self.bias.append(self.flat[at : at + b])
            self.d_bias.append(self.gradient[at : at + b])
            at += b

    def fill(self, rng):
        self.flat.zero_()
        for k, (a, b) in zip(self.kernel, self.sizes):
            k.copy_(torch.from_numpy(m1.glorot(rng, a, b)))


class Step:
    """One training step at one batch size, from layer `first` on."""

    def __init__(self, net, rows, first, phase):
        self.net, self.first, self.phase, self.last = net, first, phase, len(net.sizes) - 1
        # `out` holds the activations: ELU's derivative is out + 1 below 0, so that nothing else has to be kept.
        self.out = [torch.empty(rows, b) for _, b in net.sizes]
        self.delta = [torch.empty(rows, b) for _, b in net.sizes]
        self.x = torch.empty(rows, net.sizes[first][0])
        self.target = torch.empty(rows, dtype=torch.int64) if phase == "pretrain" else torch.empty(rows, net.sizes[-1][1])
        self.norms, self.scaled = torch.empty(net.sizes[0][0], 1), torch.empty(net.sizes[0])
        self.rows = rows
        self.one_hot = torch.arange(rows)

    def has_elu(self, i):
        return i not in (2, self.last)

    def forward(self):
        h = self.x
        for i in range(self.first, self.last + 1):
            torch.addmm(self.net.bias[i], h, self.net.kernel[i], out=self.out[i])
            if self.has_elu(i):
                torch.ops.aten.elu_(self.out[i])
            h = self.out[i]
        return h

    def loss(self):
        """The data's part of the loss; leaves its gradient at the network's output."""
        out, delta = self.out[self.last], self.delta[self.last]
        if self.phase == "pretrain":
            torch.softmax(out, 1, out=delta)
            mine = delta[self.one_hot, self.target]
            delta[self.one_hot, self.target] = mine - 1
            delta.div_(self.rows)
            return mine.log_().mean().neg_()
        torch.sub(out, self.target, out=delta)
        loss = delta.square().mean()
        delta.mul_(2 / delta.numel())
        return loss

    def backward(self, down_to):
        net = self.net
        for i in range(self.last, down_to - 1, -1):
            below = self.x if i == self.first else self.out[i - 1]
            torch.mm(below.T, self.delta[i], out=net.d_kernel[i])
            torch.sum(self.delta[i], 0, out=net.d_bias[i])
            if i == down_to:
                break
            torch.mm(self.delta[i], net.kernel[i].T, out=self.delta[i - 1])
            if self.has_elu(i - 1):
                torch.ops.aten.elu_backward.grad_input(
                    self.delta[i - 1], 1.0, 1.0, 1.0, True, self.out[i - 1], grad_input=self.delta[i - 1]
                )

    def penalties(self, trained):
        net = self.net
        readout_bias = net.flat.numel() - (0 if self.phase == "pretrain" else net.sizes[-1][1])
        net.gradient[trained:readout_bias].add_(net.flat[trained:readout_bias], alpha=2 * m1.L2)
        if self.phase in ("pretrain", "unfrozen"):
            torch.linalg.vector_norm(net.kernel[0], dim=1, keepdim=True, out=self.norms)
            net.d_kernel[0].addcdiv_(net.kernel[0], self.norms, value=m1.LASSO)


class Adam:
    def __init__(self, p, g, lr, fused):
        self.p, self.g, self.lr, self.t = p, g, lr, 0
        self.m, self.v, self.scratch = torch.zeros_like(p), torch.zeros_like(p), torch.empty_like(p)
        self.step_count = torch.zeros((), dtype=F32)
        self.fused = fused

    def step(self):
        self.t += 1
        if self.fused:
            self.step_count += 1
            torch._fused_adam_([self.p], [self.g], [self.m], [self.v], [], [self.step_count], lr=self.lr, beta1=m1.BETA1,
                               beta2=m1.BETA2, weight_decay=0.0, eps=m1.EPSILON, amsgrad=False, maximize=False)  # fmt: skip
            return
        rate = self.lr * np.sqrt(1 - m1.BETA2**self.t) / (1 - m1.BETA1**self.t)
        self.m.lerp_(self.g, 1 - m1.BETA1)
        self.v.mul_(m1.BETA2).addcmul_(self.g, self.g, value=1 - m1.BETA2)
        torch.sqrt(self.v, out=self.scratch)
        self.scratch.add_(m1.EPSILON)
        self.p.addcdiv_(self.m, self.scratch, value=-rate)


class Peer:
    def __init__(self, setting, threads):
        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)
        self.setting = setting

    def fit(self, net, phase, x, target, epochs):
        frozen = 2 if phase == "frozen" else 0
        first = 0
        if frozen and self.setting["hoist"] == "yes":  # the frozen layers once for each row
            for i in range(frozen):
                x = torch.nn.functional.elu(torch.addmm(net.bias[i], x, net.kernel[i]))
            first = frozen
        trained = net.start[frozen]
        adam = Adam(net.flat[trained:], net.gradient[trained:], m1.RATES[phase], self.setting["adam"] == "fused")
        steps = {b - a: None for a, b in m1.batches(len(x))}
        for rows in steps:
            steps[rows] = Step(net, rows, first, phase)
        history = []
        for _ in range(epochs):
            order, total = torch.randperm(len(x)), torch.zeros(())
            for a, b in m1.batches(len(x)):
                s, rows = steps[b - a], order[a:b]
                torch.index_select(x, 0, rows, out=s.x)
                torch.index_select(target, 0, rows, out=s.target)
                s.forward()
                total.add_(s.loss(), alpha=b - a)
                s.backward(frozen)
                s.penalties(trained)
                adam.step()
            history.append(float(total) / len(x))
        return history

    def test(self, net, fold, x_test):
        s = Step(net, len(x_test), 0, "test")
        s.x = x_test
        return fold.r2(s.forward().numpy())

    def train(self, fold, epochs):
        torch.manual_seed(fold.number)
        rng = np.random.default_rng(fold.number)
        x, y, x_test = (torch.from_numpy(a) for a in (fold.x, fold.y, fold.x_test))
        clusters, n, r2 = torch.from_numpy(fold.clusters).long(), fold.n_pretrain, {}
        first = Network(m1.layer_sizes(x.shape[1], m1.CLUSTERS))
        first.fill(rng)
        self.fit(first, "pretrain", x[:n], clusters[:n], epochs["pretrain"])

        net = Network(m1.layer_sizes(x.shape[1], y.shape[1]))
        net.fill(rng)
        body = net.start[-1]
        net.flat[:body] = first.flat[:body]
        self.fit(net, "frozen", x, y, epochs["frozen"])
        r2["frozen"] = self.test(net, fold, x_test)
        self.fit(net, "unfrozen", x, y, epochs["unfrozen"])
        r2["unfrozen"] = self.test(net, fold, x_test)

        kept = torch.from_numpy(m1.largest_rows(net.kernel[0].numpy()))
        small = Network(m1.layer_sizes(m1.KEPT, y.shape[1]))
        small.kernel[0].copy_(net.kernel[0][kept])
        small.flat[small.kernel[0].numel() :] = net.flat[net.kernel[0].numel() :]
        x, x_test = x[:, kept].contiguous(), x_test[:, kept].contiguous()
        r2["pruned"] = self.test(small, fold, x_test)
        self.fit(small, "finetune", x, y, epochs["finetune"])
        r2["finetuned"] = self.test(small, fold, x_test)
        return r2


if __name__ == "__main__":
    m1.main(SETTINGS, Peer)
