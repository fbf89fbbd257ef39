"""Writes gradients.json: values and gradients of operators, losses and optimisers from PyTorch's autograd in double precision, which shares nothing with this project.

Run it with Debian's python3-torch (1.13 was used): python3 make_references.py > gradients.json
Inputs are not stored: value i of input s is sin(0.61 i + s) + 0.5 cos(0.17 i i + 2 s), on both sides.
"""
import json
import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def values(shape, seed, shift=0.0, scale=1.0):
    n = math.prod(shape)
    return torch.tensor([scale * (math.sin(0.61 * i + seed) + 0.5 * math.cos(0.17 * i * i + 2 * seed)) + shift for i in range(n)]).reshape(shape)


def numbers(tensor):
    return [float(f"{v:.13g}") for v in tensor.detach().flatten().tolist()]


cases = {}


def case(name, shapes, function, shift=0.0):
    """The gradient of sum(y w), w being input number 100."""
    inputs = [values(shape, s, shift).requires_grad_() for s, shape in enumerate(shapes)]
    y = function(*inputs)
    loss = y if y.dim() == 0 else (y * values(y.shape, 100)).sum()
    loss.backward()
    cases[name] = {"shapes": shapes, "shift": shift, "value": float(loss.detach()), "gradients": [numbers(x.grad) for x in inputs]}


case("conv 3x3", [(2, 3, 5, 6), (4, 3, 3, 3)], lambda x, w: F.conv2d(x, w))
case("conv stride 2 pad 1", [(2, 3, 6, 7), (4, 3, 3, 3)], lambda x, w: F.conv2d(x, w, stride=2, padding=1))
case("conv 5x5 stride 2 pad 2", [(1, 1, 8, 9), (3, 1, 5, 5)], lambda x, w: F.conv2d(x, w, stride=2, padding=2))
case("conv groups 2", [(2, 4, 5, 5), (6, 2, 3, 3)], lambda x, w: F.conv2d(x, w, padding=1, groups=2))
case("conv depthwise stride 3", [(2, 3, 8, 7), (3, 1, 2, 2)], lambda x, w: F.conv2d(x, w, stride=3, groups=3))
case("conv 1x1", [(2, 3, 4, 4), (5, 3, 1, 1)], lambda x, w: F.conv2d(x, w))
case("conv stride 2 dilation 2", [(2, 3, 7, 8), (4, 3, 3, 2)], lambda x, w: F.conv2d(x, w, stride=2, padding=2, dilation=2))
case("conv dilation 3 groups 2", [(1, 4, 8, 7), (4, 2, 2, 3)], lambda x, w: F.conv2d(x, w, padding=1, dilation=3, groups=2))
case("conv over one axis", [(2, 4, 11), (6, 2, 3)], lambda x, w: F.conv1d(x, w, stride=2, padding=2, dilation=2, groups=2))
case("average pool over one axis", [(2, 3, 8)], lambda x: F.avg_pool1d(x, 3, 2, 1, count_include_pad=False))
case("max pool over one axis", [(2, 3, 8)], lambda x: F.max_pool1d(x, 3, 2, 1))
case("average pool 2", [(2, 2, 6, 4)], lambda x: F.avg_pool2d(x, 2))
case("average pool 2 with a remainder", [(2, 2, 5, 7)], lambda x: F.avg_pool2d(x, 2))
case("average pool 3 stride 2 pad 1", [(2, 2, 6, 5)], lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False))
case("average pool 3 stride 2 pad 1 counting zeros", [(2, 2, 6, 5)], lambda x: F.avg_pool2d(x, 3, 2, 1))
case("max pool 3 stride 2 pad 1", [(2, 2, 6, 5)], lambda x: F.max_pool2d(x, 3, 2, 1))
case("max over the last axis", [(3, 4, 5)], lambda x: x.amax(2))
case("layer norm over channels and positions", [(2, 4, 3, 5), (4,), (4,)], lambda x, g, b: F.group_norm(x, 1, g, b))
case("group norm 2", [(2, 4, 3, 5), (4,), (4,)], lambda x, g, b: F.group_norm(x, 2, g, b))
case("norm over the last axis", [(3, 4, 6), (6,), (6,)], lambda x, g, b: F.layer_norm(x, (6,), g, b))
case("filter-response norm", [(2, 3, 4, 5), (3,), (3,)], lambda x, g, b: x * ((x * x).mean((2, 3), keepdim=True) + 1e-3).rsqrt() * g.view(3, 1, 1) + b.view(3, 1, 1))
case("clip", [(4, 6)], lambda x: x.clamp(-0.5, 0.7))
case("power of 2.5", [(4, 6)], lambda x: x.pow(2.5), shift=2.0)
case("gelu", [(4, 6)], F.gelu)
case("softmax", [(4, 6)], lambda x: F.softmax(x, 1))
case("log-softmax", [(4, 6)], lambda x: F.log_softmax(x, 1))
case("unit length", [(4, 6)], lambda x: F.normalize(x))
case("look-up", [(5, 3)], lambda t: F.embedding(torch.tensor([0, 4, 4, 1, 2, 0, 0, 4]), t))
case("look-up along axis 1", [(3, 5, 2)], lambda t: t[:, torch.tensor([[4, 0, 4], [1, 1, 4]])])
case("linear", [(4, 6), (6, 3), (3,)], lambda x, w, b: x @ w + b)
case("stacked product", [(2, 3, 4), (2, 4, 5)], torch.matmul)

labels = torch.zeros(6, 3)
for row, c in enumerate([0, 0, 1, 1, 2, 0]):
    labels[row, c] = 1
labels[0] = torch.tensor([0.7, 0.3, 0.0])


def cross_entropy(logits):
    return F.cross_entropy(logits, labels)


def supcon(z):
    z = F.normalize(z)
    weights = (labels @ labels.T) * (1 - torch.eye(6))
    total = weights.sum(1, keepdim=True)
    rows = (total > 0).double()
    weights = weights / total.clamp_min(1e-6)
    return -(weights * F.log_softmax(z @ z.T / 0.1 - 1e4 * torch.eye(6), 1)).sum() / rows.sum()


def cosine(z, w):
    return F.cross_entropy(16 * F.normalize(z) @ F.normalize(w).T, labels)


def margin_softmax(z, w):
    cosine = F.normalize(z) @ F.normalize(w).T
    angle = cosine.acos() + 0.5
    moved = torch.where(angle < math.pi, angle.cos(), cosine - 0.5 * math.sin(0.5))
    return F.cross_entropy(8 * (labels * moved + (1 - labels) * cosine), labels)


def triplets(z):
    z = F.normalize(z)
    same = labels @ labels.T > 0.5
    distance = ((z[:, None] - z[None]) ** 2).sum(2).add(1e-8).sqrt()
    parts = []
    for a in range(6):
        others = distance[a][~same[a]]
        for p in range(6):
            if p != a and same[a, p]:
                farther = others[others > distance[a, p]]
                parts.append(F.relu(distance[a, p] - (farther.min() if len(farther) else others.max()) + 0.3))
    return torch.stack(parts).mean()


def nt_xent(a, b):
    z = F.normalize(torch.cat([a, b]))
    n = len(a)
    return F.cross_entropy(z @ z.T / 0.2 - 1e4 * torch.eye(2 * n), (torch.arange(2 * n) + n) % (2 * n))


case("cross-entropy with soft labels", [(6, 3)], cross_entropy)
case("supervised contrastive", [(6, 5)], supcon)
case("cosine softmax", [(6, 5), (3, 5)], cosine)
case("margin softmax", [(6, 5), (3, 5)], margin_softmax)
case("semi-hard triplets", [(6, 5)], triplets)
case("NT-Xent", [(4, 5), (4, 5)], nt_xent)


def network(x, w0, g0, b0, w1, g1, b1, wh, bh, wc):
    h = F.relu(F.group_norm(F.conv2d(x, w0, stride=2, padding=2), 1, g0, b0))
    h = F.avg_pool2d(F.relu(F.group_norm(F.conv2d(h, w1, padding=1), 1, g1, b1)), 2)
    h = h.flatten(1, 2)
    z = torch.cat([h.mean(2), h.amax(2)], 1) @ wh + bh
    return supcon(z) + cosine(z, wc)


case("a whole network", [(6, 1, 8, 12), (3, 1, 5, 5), (3,), (3,), (4, 3, 3, 3), (4,), (4,), (16, 5), (5,), (3, 5)], network)


def optimise(name, make, clip=None):
    """Ten steps on sum(scale (p - target)^2) / 2; the first four numbers decay, the last two do not."""
    decayed, plain = values((4,), 1).requires_grad_(), values((2,), 2).requires_grad_()
    optimiser = make([{"params": [decayed]}, {"params": [plain], "weight_decay": 0.0}])
    target, scale = values((6,), 3, scale=2), values((6,), 4, shift=2)
    for _ in range(10):
        optimiser.zero_grad()
        (scale * (torch.cat([decayed, plain]) - target) ** 2 / 2).sum().backward()
        if clip:
            torch.nn.utils.clip_grad_norm_([decayed, plain], clip)
        optimiser.step()
    cases[name] = {"shapes": [], "shift": 0.0, "value": 0.0, "gradients": [numbers(torch.cat([decayed, plain]))]}


optimise("AdamW", lambda p: torch.optim.AdamW(p, lr=0.05, betas=(0.9, 0.99), weight_decay=0.1))
optimise("AdamW, clipped", lambda p: torch.optim.AdamW(p, lr=0.05, betas=(0.9, 0.99), weight_decay=0.1), clip=0.5)
optimise("momentum", lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=0.1))
optimise("Nesterov", lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=0.1, nesterov=True))

print("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(data)}" for name, data in cases.items()) + "\n}")
