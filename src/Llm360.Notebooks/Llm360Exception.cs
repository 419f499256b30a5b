// The kit's exception type for bad input: what is wrong, where, and what to do about it.
namespace Llm360.Notebooks;

/// <summary>
/// Bad input or a broken environment, described in three parts: what is wrong, where, and what to
/// do.
/// </summary>
/// <remarks>
/// The console prints the parts on three lines and exits with code 1. A notebook shows
/// <see cref="Exception.Message"/>.
/// </remarks>
public class Llm360Exception : Exception
{
    /// <summary>Makes an error from three parts.</summary>
    /// <param name="what">What is wrong, one sentence.</param>
    /// <param name="where">File, tensor, byte offset, line or cell.</param>
    /// <param name="remedy">What the reader can do.</param>
    /// <param name="inner">The exception that caused it; null for none.</param>
    public Llm360Exception(string what, string where, string remedy, Exception? inner = null)
        : base(Printable.Lines($"{what}\n  where: {where}\n  what to do: {remedy}"), inner)
    {
        // Names from files and answers may contain control sequences for a terminal.
        What = Printable.Lines(what);
        Where = Printable.Lines(where);
        Remedy = Printable.Lines(remedy);
    }

    /// <summary>What is wrong.</summary>
    public string What { get; }

    /// <summary>File, tensor, byte offset, line or cell.</summary>
    public string Where { get; }

    /// <summary>What the reader can do.</summary>
    public string Remedy { get; }
}
