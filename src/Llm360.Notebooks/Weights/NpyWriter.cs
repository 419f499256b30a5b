// Writes NumPy's .npy files: one array of numbers.
using System.Text;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Writes .npy files, version 1.0 of the format.</summary>
internal static class NpyWriter
{
    private const int Alignment = 64;

    /// <summary>
    /// Writes an array completely or not at all. Its parts along the first dimension are made one
    /// at a time.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="type">float32 or float64.</param>
    /// <param name="shape">The shape of the whole array.</param>
    /// <param name="make">Makes the part with an index; it is disposed after it is written.</param>
    /// <exception cref="Llm360Exception">The file cannot be written.</exception>
    public static void Write(string path, torch.ScalarType type, long[] shape, Func<int, torch.Tensor> make) =>
        AtomicFile.Write(path, stream =>
        {
            stream.Write(Header(type, shape));
            for (var i = 0; i < shape[0]; i++)
            {
                using var scope = torch.NewDisposeScope();
                var part = make(i);
                if (part.dtype != type || !part.shape.AsSpan().SequenceEqual(shape.AsSpan(1)))
                    throw new ArgumentException($"Part {i} is {part.dtype} [{string.Join(", ", part.shape)}].", nameof(make));
                SafetensorsWriter.WriteElements(stream, part);
            }
        });

    // The magic number and the version, the length of the rest, and a Python dictionary that ends
    // with a line break. It is padded so that the elements begin at a multiple of 64 bytes.
    private static byte[] Header(torch.ScalarType type, long[] shape)
    {
        var description = type switch
        {
            torch.ScalarType.Float32 => "<f4",
            torch.ScalarType.Float64 => "<f8",
            _ => throw new ArgumentException($"{type} is not written.", nameof(type)),
        };
        var sizes = string.Concat(shape.Select(n => FormattableString.Invariant($"{n}, ")));
        var text = $"{{'descr': '{description}', 'fortran_order': False, 'shape': ({sizes}), }}";
        const int before = 10;
        text = text.PadRight(((before + text.Length + Alignment) / Alignment * Alignment) - before - 1) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)text.Length, (byte)(text.Length >> 8), .. Encoding.ASCII.GetBytes(text)];
    }
}
