// Looking at the tensors of a checkpoint without a model: hashes, statistics, distances.
using System.Security.Cryptography;

namespace Llm360.Notebooks;

/// <summary>Looks at the tensors of a checkpoint. Reads them from the file a piece at a time; safe to call from several threads.</summary>
internal static class Inspection
{
    /// <summary>SHA-256 of a tensor's elements, row-major, little-endian and without gaps, in lower-case hexadecimal: equal for equal tensors whatever file format they lie in.</summary>
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

    /// <summary>How far a tensor is from the one of the same name in another checkpoint; element types may differ.</summary>
    /// <returns>Null when the other has no such tensor, or one of another shape.</returns>
    /// <exception cref="Llm360Exception">There is no tensor of that name.</exception>
    public static TensorDistance? Distance(this StateDict weights, string name, StateDict other)
    {
        var entry = weights.Entry(name);
        return other.Entries.TryGetValue(name, out var theirs) && theirs.Shape.SequenceEqual(entry.Shape)
            ? TensorDistance.Between(weights.FileOf(entry), entry, other.FileOf(theirs), theirs)
            : null;
    }
}
