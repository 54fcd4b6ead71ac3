# SPDX-License-Identifier: Apache-2.0
"""StockModel in which every decoder layer has its own number of heads, KV heads and FFN channels.

Written by slim-beam beside a pruned model; opened with trust_remote_code=True. Tensor names are StockModel's.
"""

from torch import nn
from transformers import StockConfig, StockModel

try:
    from transformers.conversion_mapping import (
        get_checkpoint_conversion_mapping,
        register_checkpoint_conversion_mapping,
    )
except ImportError:  # Releases before 5 find the renamings of a class in the class itself.
    get_checkpoint_conversion_mapping = None

try:
    from transformers.models.auto.tokenization_auto import (
        MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS,
        TOKENIZER_MAPPING_NAMES,
    )
except ImportError:  # Releases before 5 believe tokenizer_config.json.
    TOKENIZER_MAPPING_NAMES = {}


class SlimStockConfig(StockConfig):
    """A StockConfig whose own numbers are the dense model's, with one more list of numbers per kind.

    They are num_attention_heads_per_layer, num_key_value_heads_per_layer and intermediate_size_per_layer. Of a
    model that is more than its language model, they are in text_config. A list left out means the dense model's
    number in every layer. With attention_output_bias or mlp_output_bias, the linears that close these sub-layers
    have a bias.
    """

    # The dense numbers stay because some of the configs of transformers 5 refuse a head count that does not divide
    # hidden_size, and because an absent head_dim is derived from them.
    model_type = "slim_" + StockConfig.model_type

    # An explicit __init__ is what both the plain configs of transformers 4 and the dataclasses of 5 accept. Both
    # keep the lists as they keep all they do not know; so does a text_config, which stays of its stock class.
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        per_layer(self.get_text_config())


class SlimStockModel(StockModel):
    config_class = SlimStockConfig

    def __init__(self, config):
        # Again, because from_pretrained(dir, num_hidden_layers=...) changes a config after it was made.
        numbers = per_layer(config.get_text_config())
        super().__init__(config)
        decoder = self.get_decoder()
        for index, layer in enumerate(decoder.layers):
            # The decoder's config, because a wrapped decoder may have been given a copy.
            slim = type(layer)(LayerConfig(decoder.config, numbers[index]), index)
            if getattr(decoder.config, "attention_output_bias", False):
                add_bias(slim.self_attn, "o_proj")
            if getattr(decoder.config, "mlp_output_bias", False):
                if hasattr(slim, "shared_mlp"):
                    add_bias(slim.shared_mlp, "output_linear")
                else:
                    add_bias(slim.mlp, "down_proj")
            # A wrapped decoder is made in the dtype that its own config names.
            decoder.layers[index] = slim.to(decoder.dtype)
        # The new layers came after StockModel's own call; a model made from a config alone needs them initialised
        # like the rest.
        self.post_init()


class LayerConfig:
    """What the stock classes need to be built in the shapes of one layer: its numbers, else the dense config.

    They keep it, and their forward() reads the attention implementation from it, and in Phi3 the number of heads. So
    it must have the layer's numbers, and must not be a copy, which would miss a later set_attn_implementation().
    """

    dense = None  # What __getattr__ finds while copy and pickle have restored nothing yet.

    def __init__(self, dense, numbers):
        self.dense = dense
        vars(self).update(numbers)

    def __getattr__(self, name):
        return getattr(self.dense, name)


def per_layer(config):
    """The numbers of every layer, under the names that StockConfig has for them, once they are found to be sound."""
    # Where experts may stand beside it, the dense FFN has a width of its own.
    width = "shared_intermediate_size" if hasattr(config, "shared_intermediate_size") else "intermediate_size"
    lists = {}
    for name, field in (
        ("num_attention_heads_per_layer", "num_attention_heads"),
        ("num_key_value_heads_per_layer", "num_key_value_heads"),
        ("intermediate_size_per_layer", width),
    ):
        numbers = getattr(config, name, None)
        if numbers is None:
            numbers = [getattr(config, field)] * config.num_hidden_layers
        if len(numbers) != config.num_hidden_layers:
            raise ValueError(f"{name} has {len(numbers)} entries but num_hidden_layers is {config.num_hidden_layers}.")
        for index, number in enumerate(numbers):
            if number < 1:
                raise ValueError(f"{name}[{index}] is {number}; every layer needs at least 1.")
        lists[field] = numbers
    pairs = zip(lists["num_attention_heads"], lists["num_key_value_heads"])
    for index, (heads, kv_heads) in enumerate(pairs):
        if heads % kv_heads != 0:
            raise ValueError(
                f"Layer {index} has {heads} attention heads, which is not a multiple of its {kv_heads} key/value heads."
            )
    # Not every config has a head_dim, and the layer's number of heads must not stand in for it.
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return [dict(zip(lists, numbers), head_dim=head_dim) for numbers in zip(*lists.values())]


def add_bias(module, name):
    linear = getattr(module, name)
    setattr(module, name, nn.Linear(linear.in_features, linear.out_features, bias=True))


# Transformers 5 renames the tensors of some stock models as it reads them, but those of no other code's unless told.
if get_checkpoint_conversion_mapping is not None:
    renamings = get_checkpoint_conversion_mapping(StockModel.__name__)
    if renamings is None:
        renamings = get_checkpoint_conversion_mapping(StockConfig.model_type)
    if renamings is not None:
        register_checkpoint_conversion_mapping(SlimStockModel.__name__, renamings, overwrite=True)

# For some model types it also takes another tokenizer than the class that tokenizer_config.json names; this model must
# read text as the dense one does.
if StockConfig.model_type in TOKENIZER_MAPPING_NAMES:
    TOKENIZER_MAPPING_NAMES.setdefault(SlimStockConfig.model_type, TOKENIZER_MAPPING_NAMES[StockConfig.model_type])
    if StockConfig.model_type in MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS:
        MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS.add(SlimStockConfig.model_type)
