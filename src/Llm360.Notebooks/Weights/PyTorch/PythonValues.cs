// Python objects as a checkpoint's pickle contains them.
namespace Llm360.Notebooks;

// None, bool, int, float, str and bytes are null, bool, long or BigInteger, double, string and
// byte[]. A list is a List of object.

/// <summary>A tuple.</summary>
/// <param name="Items">Its members.</param>
public sealed record PythonTuple(IReadOnlyList<object?> Items);

/// <summary>A <c>torch.Size</c>.</summary>
/// <param name="Dimensions">Its members.</param>
public sealed record TorchSize(IReadOnlyList<long> Dimensions);

/// <summary>A <c>torch.device</c>, from which something was saved.</summary>
/// <param name="Type">For example <c>cuda</c>.</param>
/// <param name="Index">Index of the device; null if not stated.</param>
public sealed record TorchDevice(string Type, long? Index);

/// <summary>A dtype, or a class that is used as a value.</summary>
/// <param name="Name">For example <c>torch.float32</c>.</param>
public sealed record PythonName(string Name);

/// <summary>A dict or OrderedDict, in the order of insertion.</summary>
public sealed class PythonDictionary
{
    private readonly List<KeyValuePair<object?, object?>> items = [];
    private Dictionary<object, int>? places;

    internal PythonDictionary(bool isOrdered) => IsOrdered = isOrdered;

    /// <summary>Whether it is a <c>collections.OrderedDict</c>.</summary>
    public bool IsOrdered { get; }

    /// <summary>Keys and values.</summary>
    public IReadOnlyList<KeyValuePair<object?, object?>> Items => items;

    /// <summary>The value of a key; false if there is none.</summary>
    public bool TryGet(object? key, out object? value)
    {
        var known = Places().TryGetValue(Normal(key), out var place);
        value = known ? items[place].Value : null;
        return known;
    }

    /// <summary>
    /// Sets a key as Python does: an existing key keeps its place and spelling.
    /// </summary>
    internal void Set(object? key, object? value)
    {
        var normal = Normal(key);
        if (Places().TryGetValue(normal, out var place))
            items[place] = new(items[place].Key, value);
        else
        {
            places![normal] = items.Count;
            items.Add(new(key, value));
        }
    }

    /// <summary>
    /// Whether a value may be a key here. Python allows more types, but checkpoints do not need
    /// them.
    /// </summary>
    internal static bool IsKey(object? key) => key is null or string or long or bool or double or System.Numerics.BigInteger;

    private Dictionary<object, int> Places() => places ??= [];

    // In Python True, 1 and 1.0 are one key.
    private static object Normal(object? key) => key switch
    {
        null => DBNull.Value,
        bool truth => truth ? 1L : 0L,
        double number when number == Math.Truncate(number) && Math.Abs(number) < 1L << 53 => (long)number,
        _ => key,
    };
}
