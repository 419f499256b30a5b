// The reason why a weights file was refused, as a value that a program can branch on.
namespace Llm360.Notebooks;

/// <summary>The kinds of faults in a weights file.</summary>
public enum WeightsFault
{
    /// <summary>
    /// The bytes contradict the format or exceed a sanity limit, or a shard index is wrong or names
    /// files outside its folder.
    /// </summary>
    Corrupt,

    /// <summary>A valid file that uses features this library does not read.</summary>
    Unsupported,

    /// <summary>
    /// A pickle names a class or function that is not in the list of those a checkpoint needs.
    /// </summary>
    UnsafeClass,
}

/// <summary>A weights file that is refused.</summary>
public sealed class WeightsException : Llm360Exception
{
    /// <summary>Creates an error.</summary>
    /// <param name="fault">The kind.</param>
    /// <param name="what">The fault, in one sentence.</param>
    /// <param name="file">The file.</param>
    /// <param name="place">
    /// Place in the file: a byte, a tensor, an entry; null for the file as a whole.
    /// </param>
    /// <param name="inner">The exception that caused the error, if any.</param>
    public WeightsException(WeightsFault fault, string what, string file, string? place = null, Exception? inner = null)
        : base(Printable.Of(what), place is null ? file : $"{file}, {Printable.Of(place)}", Advice(fault), inner)
    {
        Fault = fault;
        File = file;
    }

    /// <summary>The kind.</summary>
    public WeightsFault Fault { get; }

    /// <summary>The file.</summary>
    public string File { get; }

    private static string Advice(WeightsFault fault) => fault switch
    {
        WeightsFault.Corrupt => "Fetch or write the file again.",
        WeightsFault.Unsupported => "Save it as safetensors, or as torch.save writes state dicts, "
            + "in one of the element types F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL.",
        _ => "Do not load this file with a reader that executes pickles unless you trust its source. "
            + "Nothing was executed here; a plain state dict, or safetensors, is read.",
    };
}
