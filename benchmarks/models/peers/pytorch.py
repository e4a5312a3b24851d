"""PyTorch: eager, or with loss and gradients compiled; its fused optimizers."""

import os

import torch
from torch import nn
from torch.nn import functional as F

import peer

torch.set_num_threads(len(os.sched_getaffinity(0)))


def linear(name):
    kernel = torch.tensor(peer.WEIGHTS[name + "/kernel"])
    layer = nn.Linear(*kernel.shape)
    with torch.no_grad():
        layer.weight.copy_(kernel.T)
        layer.bias.copy_(torch.tensor(peer.WEIGHTS[name + "/bias"]))
    return layer


def conv(name, **options):
    kernel = torch.tensor(peer.WEIGHTS[name + "/kernel"]).permute(3, 2, 0, 1)
    bias = peer.WEIGHTS.get(name + "/bias")
    layer = nn.Conv2d(kernel.shape[1], kernel.shape[0], kernel.shape[2:], bias=bias is not None, **options)
    with torch.no_grad():
        layer.weight.copy_(kernel)
        if bias is not None:
            layer.bias.copy_(torch.tensor(bias))
    return layer


def embedding(name):
    return nn.Embedding.from_pretrained(torch.tensor(peer.WEIGHTS[name + "/table"]), freeze=False)


class Classifier(nn.Module):
    def loss(self, picture, label):
        return F.cross_entropy(self(picture), label.long())


class Mlp(Classifier):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), linear("dense/0"), nn.ReLU(), linear("dense/1"), nn.ReLU(), linear("readout"))

    def forward(self, x):
        return self.layers(x)


class Lenet(Classifier):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.dense, self.readout = conv("conv/0"), conv("conv/1"), linear("dense"), linear("readout")

    def forward(self, x):
        h = F.max_pool2d(self.b(F.max_pool2d(self.a(x.permute(0, 3, 1, 2)), 2)), 2)
        return self.readout(F.relu(self.dense(h.permute(0, 2, 3, 1).flatten(1))))


class ConvNorm(nn.Module):
    def __init__(self, name, padding, stride):
        super().__init__()
        self.conv = conv(name + "/conv", padding=padding, stride=stride)
        self.norm = nn.BatchNorm2d(self.conv.out_channels)

    def forward(self, x):
        return self.norm(self.conv(x))


class Block(nn.Module):
    def __init__(self, name, stride):
        super().__init__()
        self.a, self.b = ConvNorm(name + "/0", 1, stride), ConvNorm(name + "/1", 1, 1)
        self.short = ConvNorm(name + "/short", 0, stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        return F.relu(self.short(x) + self.b(F.relu(self.a(x))))


class Resnet(Classifier):
    def __init__(self):
        super().__init__()
        self.stem = ConvNorm("stem", 1, 1)
        self.blocks = nn.Sequential(*[Block(f"block/{s}/{k}", 2 if s > 0 and k == 0 else 1) for s in range(3) for k in range(3)])
        self.readout = linear("readout")

    def forward(self, x):
        return self.readout(self.blocks(F.relu(self.stem(x.permute(0, 3, 1, 2)))).mean((2, 3)))


def recurrent(kind, name, gates):
    w = {k: torch.tensor(peer.WEIGHTS[f"{name}/{k}"]) for k in ("kernel", "bias", "recurrent")}
    layer = kind(w["kernel"].shape[0], w["recurrent"].shape[0], batch_first=True)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(w["kernel"].T)
        layer.weight_hh_l0.copy_(w["recurrent"].T)
        layer.bias_ih_l0.copy_(w["bias"])
        layer.bias_hh_l0.zero_()
    return layer


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.characters, self.lstm, self.readout = embedding("characters"), recurrent(nn.LSTM, "lstm", 4), linear("readout")
        self.lstm.bias_hh_l0.requires_grad_(False)  # one bias, as the others have

    def forward(self, text):
        return self.readout(self.lstm(self.characters(text))[0])

    def loss(self, text, next):
        return F.cross_entropy(self(text).flatten(0, 1), next.flatten().long())


class Gru(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru, self.readout = recurrent(nn.GRU, "gru", 3), linear("readout")
        units = self.gru.hidden_size  # of the second bias only the part of the candidate is trained
        self.gru.bias_hh_l0.register_hook(lambda g: torch.cat([torch.zeros(2 * units), g[2 * units :]]))

    def forward(self, past):
        return self.readout(self.gru(past)[0][:, -1])

    def loss(self, past, next):
        return F.mse_loss(self(past), next)


class GptBlock(nn.Module):
    def __init__(self, name, heads):
        super().__init__()
        self.q, self.k, self.v, self.out = (linear(f"{name}/attention/{k}") for k in ("query", "key", "value", "out"))
        width, self.heads = self.q.in_features, heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.dense1, self.dense2 = linear(name + "/dense1"), linear(name + "/dense2")

    def forward(self, x):
        h = self.norm1(x)
        q, k, v = (f(h).unflatten(2, (self.heads, -1)).transpose(1, 2) for f in (self.q, self.k, self.v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        x = x + self.out(y)
        return x + self.dense2(F.gelu(self.dense1(self.norm2(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.bytes, self.positions = embedding("bytes"), embedding("positions")
        self.blocks = nn.Sequential(*[GptBlock(f"block/{k}", 6) for k in range(6)])
        self.norm, self.readout = nn.LayerNorm(self.bytes.embedding_dim), linear("readout")

    def forward(self, text):
        return self.readout(self.norm(self.blocks(self.bytes(text) + self.positions.weight)))

    def loss(self, text, next):
        return F.cross_entropy(self(text).flatten(0, 1), next.flatten().long())


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.mean, self.log_variance = linear("encoder"), linear("mean"), linear("log_variance")
        self.decoder, self.share = linear("decoder"), linear("share")
        self.log_theta = nn.Parameter(torch.tensor(peer.WEIGHTS["log_theta"]))

    def forward(self, counts):
        return self.mean(F.relu(self.encoder(torch.log1p(counts))))

    def loss(self, x, noise):
        h = F.relu(self.encoder(torch.log1p(x)))
        mean, log_variance = self.mean(h), self.log_variance(h)
        d = F.relu(self.decoder(mean + noise * torch.exp(0.5 * log_variance)))
        mu = torch.softmax(self.share(d), -1) * x.sum(-1, keepdim=True) + 1e-6
        theta = torch.exp(self.log_theta)
        both = torch.log(theta + mu)
        log_p = theta * (self.log_theta - both) + x * (torch.log(mu) - both)
        log_p = log_p + torch.lgamma(x + theta) - torch.lgamma(theta) - torch.lgamma(x + 1)
        kl = 0.5 * (torch.exp(log_variance) + mean.square() - log_variance - 1).sum(-1).mean()
        return kl - log_p.sum(-1).mean()


def main():
    net = {"mlp": Mlp, "lenet": Lenet, "resnet": Resnet, "lstm": Lstm, "gru": Gru, "gpt": Gpt, "vae": Vae}[peer.NETWORK]()
    trained = [p for p in net.parameters() if p.requires_grad]
    if peer.NETWORK == "resnet":
        rule = torch.optim.SGD(trained, lr=peer.RATE, momentum=peer.MOMENTUM, fused=True)
    else:
        rule = torch.optim.Adam(trained, lr=peer.RATE, eps=peer.EPSILON, fused=True)
    if peer.SETTING.get("channels_last"):
        net = net.to(memory_format=torch.channels_last)
    compiled = peer.SETTING["compile"]
    loss_of = torch.compile(net.loss, dynamic=False) if compiled else net.loss
    all_batches = [[torch.tensor(c) for c in b] for b in peer.batches()]
    k = 0

    def train(n):
        nonlocal k
        net.train()
        losses = []
        for _ in range(n):
            loss = loss_of(*all_batches[k % len(all_batches)])
            rule.zero_grad(set_to_none=True)
            loss.backward()
            rule.step()
            losses.append(loss.detach())
            k += 1
        return torch.stack(losses).tolist()

    def infer(rows):
        x = torch.tensor(next(iter(peer.DATA.values()))[:rows])
        net.eval()
        forward = torch.compile(net, dynamic=False) if compiled else net

        def call():
            with torch.inference_mode():
                return forward(x).numpy()

        return call

    peer.serve(train, infer)


if __name__ == "__main__":
    main()
