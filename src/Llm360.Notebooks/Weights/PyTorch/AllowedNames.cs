// The classes and functions that a checkpoint's pickle may name; this reader never executes them.
using System.Collections.Frozen;

namespace Llm360.Notebooks;

internal static class AllowedNames
{
    public const string OrderedDictionary = "collections.OrderedDict";
    public const string Encode = "_codecs.encode";
    public const string Bytes = "builtins.bytes";
    public const string Size = "torch.Size";
    public const string Device = "torch.device";
    public const string RebuildTensor = "torch._utils._rebuild_tensor";
    public const string RebuildTensorV2 = "torch._utils._rebuild_tensor_v2";
    public const string RebuildParameter = "torch._utils._rebuild_parameter";
    public const string RebuildParameterWithState = "torch._utils._rebuild_parameter_with_state";
    public const string RebuildFromType = "torch._tensor._rebuild_from_type_v2";

    /// <summary>Element type of each storage class.</summary>
    public static readonly FrozenDictionary<string, string> Storages = new Dictionary<string, string>
    {
        ["torch.DoubleStorage"] = "F64",
        ["torch.FloatStorage"] = "F32",
        ["torch.HalfStorage"] = "F16",
        ["torch.BFloat16Storage"] = "BF16",
        ["torch.LongStorage"] = "I64",
        ["torch.IntStorage"] = "I32",
        ["torch.ShortStorage"] = "I16",
        ["torch.CharStorage"] = "I8",
        ["torch.ByteStorage"] = "U8",
        ["torch.BoolStorage"] = "BOOL",
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> Others = new[]
    {
        OrderedDictionary, Encode, Bytes, Size, Device, RebuildTensor, RebuildTensorV2, RebuildParameter,
        RebuildParameterWithState, RebuildFromType,
        "torch.Tensor", "torch.nn.parameter.Parameter",
        "torch.float64", "torch.float32", "torch.float16", "torch.bfloat16", "torch.int64", "torch.int32", "torch.int16",
        "torch.int8", "torch.uint8", "torch.bool",
    }.ToFrozenSet();

    /// <summary>
    /// The name with Python 3's spelling of the module. Protocols below 3 write Python 2's
    /// spelling.
    /// </summary>
    public static string Canonical(string module, string name) => $"{(module == "__builtin__" ? "builtins" : module)}.{name}";

    public static bool Contains(string canonical) => Others.Contains(canonical) || Storages.ContainsKey(canonical);
}
