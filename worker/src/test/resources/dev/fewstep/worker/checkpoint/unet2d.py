"""Makes unet2d.npz beside this file: a small UNet2DModel of diffusers 0.30.3 with random weights, its input and its output.
Tensor names as diffusers writes them (new attention names), prefixed net/; needs torch and diffusers."""
import pathlib
import numpy as np
import torch
from diffusers import UNet2DModel
torch.manual_seed(11)
net = UNet2DModel(sample_size=8, in_channels=3, out_channels=3, center_input_sample=False, time_embedding_type="positional",
    freq_shift=1, flip_sin_to_cos=False, down_block_types=("DownBlock2D", "AttnDownBlock2D", "DownBlock2D"),
    up_block_types=("UpBlock2D", "AttnUpBlock2D", "UpBlock2D"), block_out_channels=(8, 16, 16), layers_per_block=1,
    downsample_padding=0, norm_eps=1e-6, norm_num_groups=4, attention_head_dim=None, act_fn="silu").eval()
x, t = torch.randn(2, 3, 8, 8), torch.tensor([3.0, 740.0])
with torch.no_grad():
    out = {"net/" + k: v.numpy() for k, v in net.state_dict().items()}
    out |= {"x": x.numpy(), "t": t.numpy(), "y": net(x, t).sample.numpy()}
np.savez(pathlib.Path(__file__).with_name("unet2d.npz"), **out)
print(len(net.state_dict()), sum(p.numel() for p in net.parameters()))
