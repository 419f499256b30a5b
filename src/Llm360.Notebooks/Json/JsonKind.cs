// A kind of JSON document: its maximum length and depth, and its error messages.
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>A kind of JSON document from outside.</summary>
/// <param name="Name">
/// Its name at the beginning of an error, such as <c>The suite manifest</c>.
/// </param>
/// <param name="Longest">Largest number of bytes.</param>
/// <param name="Remedy">What to do about a malformed document.</param>
internal sealed record JsonKind(string Name, long Longest, string Remedy)
{
    /// <summary>Largest number of nesting levels.</summary>
    public int Depth { get; init; } = 64;

    /// <summary>Whether comments are allowed.</summary>
    public bool HasComments { get; init; }

    /// <summary>
    /// The error's first sentence if there is no such file; the system's message when null.
    /// </summary>
    public string? Missing { get; init; }

    /// <summary>What to do if there is no such file; <see cref="Remedy"/> when null.</summary>
    public string? MissingRemedy { get; init; }

    /// <summary>
    /// A better remedy for a document that does not fit the record it is read into; null for
    /// <see cref="Remedy"/>.
    /// </summary>
    public Func<JsonException, string?>? Advise { get; init; }

    /// <summary>
    /// Makes the error from what is wrong, where, and the cause; null makes an
    /// <see cref="Llm360Exception"/>.
    /// </summary>
    public Func<string, string, Exception?, Llm360Exception>? MakeError { get; init; }

    public JsonDocumentOptions DocumentOptions => new() { AllowDuplicateProperties = false, MaxDepth = Depth, CommentHandling = Comments };

    public JsonReaderOptions ReaderOptions => new() { MaxDepth = Depth, CommentHandling = Comments };

    private JsonCommentHandling Comments => HasComments ? JsonCommentHandling.Skip : JsonCommentHandling.Disallow;

    /// <summary>The error for a malformed document.</summary>
    /// <param name="how">What is wrong, a clause such as <c>it is not UTF-8</c>.</param>
    /// <param name="where">The file, and the position in it.</param>
    /// <param name="inner">The exception that caused it; null for none.</param>
    /// <param name="remedy">A remedy that replaces the kind's.</param>
    public Llm360Exception Error(string how, string where, Exception? inner = null, string? remedy = null)
    {
        (how, where) = (Printable.Of(how), Printable.Of(where));
        return MakeError?.Invoke(how, where, inner)
            ?? new Llm360Exception($"{Name} cannot be read: {how}.", where, remedy ?? Remedy, inner);
    }
}
