"""One training step in PyTorch, on request: reads "step" lines, answers with JSON (CPU ms, wall ms, loss). Network, first weights and batch are those TrainingSideBySide.cs wrote."""
import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

folder, network = sys.argv[1], sys.argv[2]
torch.set_num_threads(1)
torch.set_flush_denormal(True)

x = torch.from_numpy(np.load(f"{folder}/x.npy"))
labels = torch.from_numpy(np.load(f"{folder}/labels.npy"))
flat = np.load(f"{folder}/parameters.npy")
shapes = json.load(open(f"{folder}/shapes.json"))
parameters, at = [], 0
for shape in shapes:
    n = int(np.prod(shape))
    parameters.append(torch.nn.Parameter(torch.from_numpy(flat[at : at + n].reshape(shape).copy())))
    at += n


def frn(h, gain, offset):
    return h * torch.rsqrt((h * h).mean((2, 3), keepdim=True) + 1e-3) * gain.view(1, -1, 1, 1) + offset.view(1, -1, 1, 1)


def page(h, p):
    """The design page's network: four 3x3 convolutions with stride 2, filter-response norm, mean over positions."""
    for i in range(4):
        h = F.relu(frn(F.conv2d(h, p[3 * i], stride=2, padding=1), p[3 * i + 1], p[3 * i + 2]))
    return F.normalize(h.mean((2, 3)) @ p[12] + p[13])


def recipe(h, p):
    """The recipe's network: a strided 5x5 stem, three 3x3 convolutions, layer norm, mean and maximum over time."""
    for i in range(4):
        h = F.conv2d(h, p[3 * i], stride=2, padding=2) if i == 0 else F.conv2d(h, p[3 * i], padding=1)
        h = F.relu(F.group_norm(h, 1, p[3 * i + 1], p[3 * i + 2]))
        if i in (1, 2):
            h = F.avg_pool2d(h, 2)
    h = h.flatten(1, 2)
    h = torch.cat([h.mean(2), h.amax(2)], 1)
    return F.normalize(F.dropout(h, 0.2) @ p[12] + p[13])


n = x.shape[0]
diagonal = torch.eye(n) * -1e4


def supcon(z, temperature=0.1):
    weights = (labels @ labels.T) * (1 - torch.eye(n))
    weights = weights / weights.sum(1, keepdim=True)
    return -(weights * F.log_softmax(z @ z.T / temperature + diagonal, 1)).sum() / n


def cosine(z, w):
    return -(labels * F.log_softmax(16 * z @ F.normalize(w).T, 1)).sum() / n


decayed = [p for p in parameters if p.dim() > 1]
plain = [p for p in parameters if p.dim() <= 1]
groups = [{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}]
# One fused call over all parameters where this version has it: the fastest of PyTorch's own loops.
adam = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99), foreach=True)
average = [p.detach().clone() for p in parameters]
count = 0


def step():
    global count
    adam.zero_grad(set_to_none=True)
    z = page(x, parameters) if network == "page" else recipe(x, parameters)
    loss = supcon(z) if network == "page" else supcon(z) + cosine(z, parameters[14])
    loss.backward()
    if network == "recipe":
        torch.nn.utils.clip_grad_norm_(parameters, 5.0)
    adam.step()
    if network == "recipe":
        count += 1
        keep = min(0.98, (1 + count) / (10 + count))
        with torch.no_grad():
            torch._foreach_mul_(average, keep)
            torch._foreach_add_(average, [p.detach() for p in parameters], alpha=1 - keep)
    return float(loss.detach())


for line in sys.stdin:
    cpu, wall = time.process_time(), time.perf_counter()
    loss = step()
    print(json.dumps({"cpu": 1e3 * (time.process_time() - cpu), "wall": 1e3 * (time.perf_counter() - wall), "loss": loss}), flush=True)
