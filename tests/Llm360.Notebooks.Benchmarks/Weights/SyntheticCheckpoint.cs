// Checkpoints of random numbers in the formats that are measured.
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using TorchSharp;

namespace Llm360.Notebooks.Benchmarks.Weights;

internal static class SyntheticCheckpoint
{
    public const int Tensors = 64;
    public const long Length = 1 << 24; // bytes a tensor: 1 GiB in all

    /// <summary>float32 tensors [2048, 2048].</summary>
    public static void WriteSafetensors(string path)
    {
        using var scope = torch.NewDisposeScope();
        var generator = new torch.Generator(1);
        SafetensorsWriter.Write(path, [.. Enumerable.Range(0, Tensors).Select(i =>
            ($"layers.{i}.weight", torch.randn([2048, 2048], generator: generator)))]);
    }

    /// <summary>The same tensors in the layout of torch.save: a stored zip with every storage at a
    /// multiple of 64 bytes.</summary>
    public static void WriteZip(string path, StateDict source) => AtomicFile.Write(path, stream =>
    {
        var directory = new MemoryStream();
        var entries = 0;
        Add("archive/data.pkl", Pickle(source));
        Add("archive/byteorder", "little"u8.ToArray());
        var number = 0;
        foreach (var name in source.Entries.Keys)
        {
            using var view = source.View(name);
            Add($"archive/data/{number++}", view.bytes);
        }

        Add("archive/version", "3\n"u8.ToArray());
        var begin = stream.Position;
        stream.Write(directory.ToArray());
        Span<byte> end = stackalloc byte[22];
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(end[8..], (ushort)entries);
        BinaryPrimitives.WriteUInt16LittleEndian(end[10..], (ushort)entries);
        BinaryPrimitives.WriteUInt32LittleEndian(end[12..], (uint)directory.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(end[16..], (uint)begin);
        stream.Write(end);

        void Add(string entry, ReadOnlySpan<byte> bytes)
        {
            var name = Encoding.UTF8.GetBytes(entry);
            var at = stream.Position;
            var padding = (int)(64 - ((at + 30 + name.Length + 4) % 64)) % 64;
            Span<byte> local = stackalloc byte[30], central = stackalloc byte[46];
            var (checksum, length) = (Crc32.HashToUInt32(bytes), (uint)bytes.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(local, 0x04034b50);
            BinaryPrimitives.WriteUInt32LittleEndian(local[14..], checksum);
            BinaryPrimitives.WriteUInt32LittleEndian(local[18..], length);
            BinaryPrimitives.WriteUInt32LittleEndian(local[22..], length);
            BinaryPrimitives.WriteUInt16LittleEndian(local[26..], (ushort)name.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(local[28..], (ushort)(4 + padding));
            stream.Write(local);
            stream.Write(name);
            stream.Write([(byte)'F', (byte)'B', (byte)padding, 0]);
            stream.Write(new byte[padding]);
            stream.Write(bytes);
            BinaryPrimitives.WriteUInt32LittleEndian(central, 0x02014b50);
            local[4..28].CopyTo(central[6..]);
            BinaryPrimitives.WriteUInt16LittleEndian(central[28..], (ushort)name.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(central[42..], (uint)at);
            directory.Write(central);
            directory.Write(name);
            entries++;
        }
    });

    private static byte[] Pickle(StateDict source)
    {
        var program = new MemoryStream();
        program.Write([0x80, 2, (byte)'}', (byte)'(']);
        var number = 0;
        foreach (var entry in source.Entries.Values)
        {
            Text(entry.Name);
            Name("torch._utils", "_rebuild_tensor_v2");
            program.Write("(("u8);
            Text("storage");
            Name("torch", "FloatStorage");
            Text($"{number++}");
            Text("cpu");
            Integer(entry.Count);
            program.Write("tQK\0("u8);
            foreach (var n in entry.Shape)
                Integer(n);
            program.Write("t("u8);
            foreach (var n in new[] { entry.Shape[1], 1 })
                Integer(n);
            program.Write([(byte)'t', 0x89]);
            Name("collections", "OrderedDict");
            program.Write(")RtR"u8);
        }

        program.Write("u."u8);
        return program.ToArray();

        void Name(string module, string name) => program.Write(Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));

        void Integer(long value) => Operand((byte)'J', (int)value);

        void Text(string text)
        {
            Operand((byte)'X', text.Length);
            program.Write(Encoding.ASCII.GetBytes(text));
        }

        void Operand(byte code, int value)
        {
            Span<byte> bytes = stackalloc byte[5];
            bytes[0] = code;
            BinaryPrimitives.WriteInt32LittleEndian(bytes[1..], value);
            program.Write(bytes);
        }
    }
}
