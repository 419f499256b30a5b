// Images in a cell: Picture.FromFile("loss.png").
using System.Text;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>An image, shown as it is.</summary>
/// <param name="Bytes">The file's bytes.</param>
/// <param name="MimeType"><c>image/png</c>, <c>image/jpeg</c>, <c>image/gif</c>, <c>image/webp</c>
/// or <c>image/svg+xml</c>.</param>
/// <param name="Description">What it shows, for readers who cannot see it.</param>
public sealed record Picture(ReadOnlyMemory<byte> Bytes, string MimeType, string Description)
{
    private const string Svg = "image/svg+xml";

    /// <summary>Reads an image.</summary>
    /// <param name="path">A file whose first bytes are those of a PNG, JPEG, GIF, WebP or SVG
    /// image.</param>
    /// <param name="description">What it shows; the file's name by default.</param>
    /// <exception cref="Llm360Exception">The file cannot be read or holds no such
    /// image.</exception>
    public static Picture FromFile(string path, string? description = null)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Llm360Exception(
                $"The image cannot be read: {e.Message}",
                Path.GetFullPath(path),
                "Check the path; it counts from the notebook's folder.",
                e);
        }

        var type = TypeOf(bytes) ?? throw new Llm360Exception(
            "The file holds no image that notebooks show.",
            Path.GetFullPath(path),
            "Convert it to PNG, JPEG, GIF, WebP or SVG.");
        return new Picture(bytes, type, description ?? Path.GetFileName(path));
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Description} ({MimeType}, {Bytes.Length} bytes)";

    internal MimeBundle ToBundle() => new(new JsonObject
    {
        [MimeType] = MimeType == Svg ? Encoding.UTF8.GetString(Bytes.Span) : Convert.ToBase64String(Bytes.Span),
        ["text/plain"] = ToString(),
    });

    private static string? TypeOf(ReadOnlySpan<byte> bytes) =>
        bytes is [0x89, (byte)'P', (byte)'N', (byte)'G', ..] ? "image/png"
        : bytes is [0xFF, 0xD8, 0xFF, ..] ? "image/jpeg"
        : bytes.StartsWith("GIF8"u8) ? "image/gif"
        : bytes.StartsWith("RIFF"u8) && bytes.Length > 12 && bytes[8..12].SequenceEqual("WEBP"u8) ? "image/webp"
        : Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 1000)]).Contains("<svg", StringComparison.OrdinalIgnoreCase) ? Svg
        : null;
}
