# SPDX-License-Identifier: Apache-2.0
"""LLaMA in which every decoder layer has its own number of heads, KV heads and FFN channels.

Written by slim-beam beside a pruned model; opened with trust_remote_code=True. Tensor names are LLaMA's.
"""

import copy

from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM


class SlimLlamaConfig(LlamaConfig):
    """A LlamaConfig whose own numbers are the dense model's, with one more list of numbers per kind.

    A list left out means the dense model's number in every layer.
    """

    # The dense numbers stay because LlamaConfig of transformers 5 refuses a head count that does not divide
    # hidden_size, and because an absent head_dim is derived from them.
    model_type = "slim_llama"

    # An explicit __init__ is what both the plain configs of transformers 4 and the dataclasses of 5 accept.
    def __init__(
        self,
        num_attention_heads_per_layer=None,
        num_key_value_heads_per_layer=None,
        intermediate_size_per_layer=None,
        attention_output_bias=False,
        mlp_output_bias=False,
        **kwargs,
    ):
        super().__init__(**kwargs)

        def per_layer(given, dense):
            return [dense] * self.num_hidden_layers if given is None else list(given)

        self.num_attention_heads_per_layer = per_layer(num_attention_heads_per_layer, self.num_attention_heads)
        self.num_key_value_heads_per_layer = per_layer(num_key_value_heads_per_layer, self.num_key_value_heads)
        self.intermediate_size_per_layer = per_layer(intermediate_size_per_layer, self.intermediate_size)
        self.attention_output_bias = attention_output_bias
        self.mlp_output_bias = mlp_output_bias
        self.check_layers()

    def check_layers(self):
        for name in (
            "num_attention_heads_per_layer",
            "num_key_value_heads_per_layer",
            "intermediate_size_per_layer",
        ):
            numbers = getattr(self, name)
            if len(numbers) != self.num_hidden_layers:
                raise ValueError(
                    f"{name} has {len(numbers)} entries but num_hidden_layers is {self.num_hidden_layers}."
                )
            for index, number in enumerate(numbers):
                if number < 1:
                    raise ValueError(f"{name}[{index}] is {number}; every layer needs at least 1.")
        pairs = zip(self.num_attention_heads_per_layer, self.num_key_value_heads_per_layer)
        for index, (heads, kv_heads) in enumerate(pairs):
            if heads % kv_heads != 0:
                raise ValueError(
                    f"Layer {index} has {heads} attention heads, which is not a multiple of its "
                    f"{kv_heads} key/value heads."
                )

    def for_layer(self, index):
        """What LLaMA's own attention and MLP classes need to be built in the shapes of one layer."""
        layer = copy.copy(self)
        layer.num_attention_heads = self.num_attention_heads_per_layer[index]
        layer.num_key_value_heads = self.num_key_value_heads_per_layer[index]
        layer.intermediate_size = self.intermediate_size_per_layer[index]
        return layer


class SlimLlamaForCausalLM(LlamaForCausalLM):
    config_class = SlimLlamaConfig

    def __init__(self, config):
        # Again, because from_pretrained(dir, num_hidden_layers=...) changes a config after it was made.
        config.check_layers()
        super().__init__(config)
        for index, layer in enumerate(self.model.layers):
            shapes = config.for_layer(index)
            # type(...) because older releases have one attention class per attention implementation.
            attention = type(layer.self_attn)(config=shapes, layer_idx=index)
            mlp = type(layer.mlp)(shapes)
            if config.attention_output_bias:
                attention.o_proj = with_bias(attention.o_proj)
            if config.mlp_output_bias:
                mlp.down_proj = with_bias(mlp.down_proj)
            # forward() reads the attention implementation from here; a copy would miss a later
            # set_attn_implementation().
            attention.config = config
            mlp.config = config
            layer.self_attn = attention
            layer.mlp = mlp
        # The new modules came after LlamaForCausalLM's own call; a model made from a config alone needs them
        # initialised like the rest.
        self.post_init()


def with_bias(linear):
    return nn.Linear(linear.in_features, linear.out_features, bias=True)
