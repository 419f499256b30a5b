// Inspects the tensors of a checkpoint without a model: hashes, statistics, distances.
using System.Security.Cryptography;

namespace Llm360.Notebooks;

/// <summary>
/// Inspects the tensors of a checkpoint. They are read from the file in blocks. Calls from several
/// threads are safe.
/// </summary>
internal static class Inspection
{
    /// <summary>
    /// SHA-256 of a tensor's elements, row-major, little-endian and without gaps, in lower-case
    /// hexadecimal. Equal tensors have equal hashes in all file formats.
    /// </summary>
    /// <exception cref="Llm360Exception">There is no tensor of that name.</exception>
    public static string Hash(this StateDict weights, string name)
    {
        var entry = weights.Entry(name);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var pieces = new TensorPieces(weights.FileOf(entry), entry);
        while (pieces.MoveNext())
            hash.AppendData(pieces.Current);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Mean, standard deviation and extremes of a tensor.</summary>
    /// <exception cref="Llm360Exception">There is no tensor of that name.</exception>
    public static TensorStatistics Statistics(this StateDict weights, string name)
    {
        var entry = weights.Entry(name);
        return TensorStatistics.Of(weights.FileOf(entry), entry);
    }

    /// <summary>
    /// The distance of a tensor from the one of the same name in another checkpoint; element types
    /// may differ.
    /// </summary>
    /// <returns>
    /// Null if the other checkpoint has no such tensor, or one of another shape.
    /// </returns>
    /// <exception cref="Llm360Exception">There is no tensor of that name.</exception>
    public static TensorDistance? Distance(this StateDict weights, string name, StateDict other)
    {
        var entry = weights.Entry(name);
        return other.Entries.TryGetValue(name, out var theirs) && theirs.Shape.SequenceEqual(entry.Shape)
            ? TensorDistance.Between(weights.FileOf(entry), entry, other.FileOf(theirs), theirs)
            : null;
    }
}
