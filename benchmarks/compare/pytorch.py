"""PyTorch with its autograd: eager as in the tutorials, or with the faster Adams, L2 as weight decay, torch.compile."""

import m1
import torch
from torch import nn
from torch.nn import functional as F

SETTINGS = {
    "adam": ["loop", "foreach", "fused"],  # loop is what torch.optim.Adam does on a CPU unless told otherwise
    "l2": ["loss", "decay"],
    "compile": ["no", "loss"],
}


def network(inputs, outputs):
    layers = []
    for i, (a, b) in enumerate(m1.layer_sizes(inputs, outputs)):
        layers.append(nn.Linear(a, b))
        nn.init.xavier_uniform_(layers[-1].weight)
        nn.init.zeros_(layers[-1].bias)
        if i not in (2, 5):
            layers.append(nn.ELU())
    return nn.Sequential(*layers)


FROZEN_LAYERS = 4  # two Linear and their ELU
FIRST, READOUT = 0, -1


class Peer:
    def __init__(self, setting, threads):
        torch.set_num_threads(threads)
        self.setting = setting
        # Compiled once for each kind of phase and used by all models: they are called with the module.
        self.losses = {}

    def loss_of(self, phase, l2):
        if phase in self.losses:
            return self.losses[phase]

        def loss_and_mean(net, x, target):
            """What is minimized, and the data's part of it."""
            out = net(x)
            data = F.cross_entropy(out, target) if phase == "pretrain" else F.mse_loss(out, target)
            loss = data
            if phase in ("pretrain", "unfrozen"):
                loss = loss + m1.LASSO * net[FIRST].weight.norm(dim=0).sum()
            if l2:
                last = net[READOUT].bias
                for p in net.parameters():
                    if p.requires_grad and (phase == "pretrain" or p is not last):
                        loss = loss + m1.L2 * p.square().sum()
            return loss, data.detach()

        if self.setting["compile"] == "loss":
            loss_and_mean = torch.compile(loss_and_mean, dynamic=False)
        self.losses[phase] = loss_and_mean
        return loss_and_mean

    def optimizer(self, net, phase):
        trained = [p for p in net.parameters() if p.requires_grad]
        decay = 2 * m1.L2 if self.setting["l2"] == "decay" else 0.0
        bare = [] if phase == "pretrain" else [net[READOUT].bias]
        groups = [
            {"params": [p for p in trained if not any(p is b for b in bare)], "weight_decay": decay},
            {"params": bare, "weight_decay": 0.0},
        ]
        kind = {"loop": {"foreach": False}, "foreach": {"foreach": True}, "fused": {"fused": True}}[self.setting["adam"]]
        return torch.optim.Adam([g for g in groups if g["params"]], lr=m1.RATES[phase], eps=m1.EPSILON, **kind)

    def fit(self, net, phase, x, target, epochs):
        loss_of = self.loss_of(phase, self.setting["l2"] == "loss")
        adam = self.optimizer(net, phase)
        history = []
        for _ in range(epochs):
            order = torch.randperm(len(x))
            total = torch.zeros(())
            for a, b in m1.batches(len(x)):
                rows = order[a:b]
                loss, data = loss_of(net, x[rows], target[rows])
                adam.zero_grad(set_to_none=True)
                loss.backward()
                adam.step()
                total += data * (b - a)
            history.append(float(total) / len(x))  # the running training loss, of which R2 follows
        return history

    def test(self, net, fold, x_test):
        with torch.no_grad():
            return fold.r2(net(x_test).numpy())

    def train(self, fold, epochs):
        torch.manual_seed(fold.number)
        x, y, x_test = (torch.from_numpy(a) for a in (fold.x, fold.y, fold.x_test))
        clusters, n, r2 = torch.from_numpy(fold.clusters).long(), fold.n_pretrain, {}
        net = network(x.shape[1], m1.CLUSTERS)
        self.fit(net, "pretrain", x[:n], clusters[:n], epochs["pretrain"])

        fresh = network(x.shape[1], y.shape[1])
        net[READOUT] = fresh[READOUT]
        net[:FROZEN_LAYERS].requires_grad_(False)
        self.fit(net, "frozen", x, y, epochs["frozen"])
        r2["frozen"] = self.test(net, fold, x_test)

        net.requires_grad_(True)
        self.fit(net, "unfrozen", x, y, epochs["unfrozen"])
        r2["unfrozen"] = self.test(net, fold, x_test)

        kept = torch.from_numpy(m1.largest_rows(net[FIRST].weight.detach().numpy().T))
        small = nn.Linear(m1.KEPT, m1.HIDDEN[0])
        with torch.no_grad():
            small.weight.copy_(net[FIRST].weight[:, kept])
            small.bias.copy_(net[FIRST].bias)
        net[FIRST] = small
        x, x_test = x[:, kept].contiguous(), x_test[:, kept].contiguous()
        r2["pruned"] = self.test(net, fold, x_test)
        self.fit(net, "finetune", x, y, epochs["finetune"])
        r2["finetuned"] = self.test(net, fold, x_test)
        return r2


if __name__ == "__main__":
    m1.main(SETTINGS, Peer)
