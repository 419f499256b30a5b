// Hostile pickles: random programs, and programs with names that are forbidden.
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Llm360.Notebooks.Fuzzing;

internal static class Pickles
{
    private static readonly string[] Modules =
    [
        "os", "posix", "nt", "sys", "builtins", "__builtin__", "subprocess", "pty", "shutil", "socket", "ctypes", "importlib",
        "runpy", "code", "codecs", "_codecs", "pickle", "marshal", "types", "functools", "operator", "inspect", "platform",
        "threading", "multiprocessing", "asyncio", "webbrowser", "http.client", "urllib.request", "ftplib", "smtplib", "tempfile",
        "pathlib", "glob", "signal", "resource", "gc", "io", "zipimport", "site", "pip", "numpy", "numpy.core.multiarray",
        "numpy.testing._private.utils", "torch", "torch.hub", "torch.serialization", "torch.storage", "torch._utils",
        "torch.nn.parameter", "torch.jit", "torch.package", "torch.distributed", "torch.utils.collect_env", "collections",
        "collections.abc", "argparse", "copyreg", "copy_reg",
    ];

    private static readonly string[] Names =
    [
        "system", "popen", "eval", "exec", "compile", "open", "getattr", "setattr", "__import__", "Popen", "run", "call",
        "check_output", "spawn", "load", "loads", "reduce", "partial", "attrgetter", "methodcaller", "encode", "decode", "lookup",
        "CDLL", "rmtree", "remove", "exit", "Namespace", "_reconstructor", "OrderedDict", "FloatStorage", "Tensor",
        "_rebuild_tensor_v2", "_rebuild_tensor_v2.__globals__", "_import_dotted_name", "OrderedDict.__init__.__globals__",
        "floatstorage", "FloatStorage ", "float32", "Size", "device", "bytes", "bytearray", "object", "__class__",
    ];

    public static readonly HashSet<string> Allowed =
    [
        "collections.OrderedDict", "_codecs.encode", "builtins.bytes", "__builtin__.bytes", "torch.Size", "torch.device",
        "torch._utils._rebuild_tensor_v2", "torch.Tensor", "torch.FloatStorage", "torch.float32",
    ];

    /// <summary>Every pair of module and name that must be refused, in each spelling of a pickle:
    /// GLOBAL, STACK_GLOBAL and INST.</summary>
    public static IEnumerable<(string Name, byte[] Pickle)> Forbidden() =>
        from module in Modules
        from name in Names
        where !Allowed.Contains($"{module}.{name}")
        from spelled in new byte[][]
        {
            [0x80, 2, .. Global(module, name), (byte)'(', .. Text("true"), (byte)'t', (byte)'R', (byte)'.'],
            [0x80, 4, .. Short(module), .. Short(name), 0x93, (byte)')', (byte)'R', (byte)'.'],
            [0x80, 2, (byte)'(', (byte)'i', .. Encoding.UTF8.GetBytes($"{module}\n{name}\n"), (byte)'.'],
        }
        select ($"{module}.{name}", spelled);

    /// <summary>A program of random opcodes with operands that fit.</summary>
    public static byte[] Random(Random random)
    {
        var program = new List<byte> { 0x80, (byte)random.Next(7) };
        var length = random.Next(1, 400);
        var favourite = (byte)random.Next(256);
        for (var i = 0; i < length; i++)
            program.AddRange(Instruction(random, random.Next(5) == 0 ? favourite : (byte)0));
        program.Add((byte)'.');
        return [.. program];
    }

    /// <summary>A checkpoint around a pickle, with a storage of 6 floats.</summary>
    public static byte[] Archive(byte[] pickle)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            (string Name, byte[] Bytes)[] files =
            [
                ("archive/data.pkl", pickle),
                ("archive/byteorder", "little"u8.ToArray()),
                ("archive/data/0", new byte[24]),
                ("archive/version", "3\n"u8.ToArray()),
            ];
            foreach (var (name, bytes) in files)
            {
                using var entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                entry.Write(bytes);
            }
        }

        return stream.ToArray();
    }

    private static byte[] Instruction(Random random, byte favourite)
    {
        var small = (byte)random.Next(4);
        return (favourite == 0 ? random.Next(30) : favourite % 30) switch
        {
            0 => "("u8.ToArray(),
            1 => ")"u8.ToArray(),
            2 => "]"u8.ToArray(),
            3 => "}"u8.ToArray(),
            4 => "t"u8.ToArray(),
            5 => "e"u8.ToArray(),
            6 => "u"u8.ToArray(),
            7 => "a"u8.ToArray(),
            8 => "s"u8.ToArray(),
            9 => [0x85],
            10 => [0x86],
            11 => [0x87],
            12 => [(byte)'q', small],
            13 => [(byte)'h', small],
            14 => [0x94],
            15 => "N"u8.ToArray(),
            16 => [0x88],
            17 => [(byte)'K', (byte)random.Next(256)],
            18 => [(byte)'J', .. Bytes(random, 4)],
            19 => [0x8A, 8, .. Bytes(random, 8)],
            20 => Text("storage"),
            21 => Text(random.Next(2) == 0 ? "0" : "../../secret"),
            22 => Global("torch", "FloatStorage"),
            23 => Global("torch._utils", "_rebuild_tensor_v2"),
            24 => Global("collections", "OrderedDict"),
            25 => Storage(),
            26 => "R"u8.ToArray(),
            27 => "b"u8.ToArray(),
            28 => "0"u8.ToArray(),
            _ =>
            [
                .. Global("torch._utils", "_rebuild_tensor_v2"), (byte)'(', .. Storage(), .. Number(random),
                (byte)'(', .. Number(random), .. Number(random), (byte)'t',
                (byte)'(', .. Number(random), .. Number(random), (byte)'t',
                0x89, .. Global("collections", "OrderedDict"), (byte)')', (byte)'R', (byte)'t', (byte)'R',
            ],
        };
    }

    private static byte[] Number(Random random) => random.Next(6) switch
    {
        0 => [0x8A, 8, .. Bytes(random, 8)],
        1 => [0x8A, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
        2 => [(byte)'J', 0xFF, 0xFF, 0xFF, 0xFF],
        _ => [(byte)'K', (byte)random.Next(7)],
    };

    private static byte[] Storage() =>
    [
        (byte)'(', .. Text("storage"), .. Global("torch", "FloatStorage"), .. Text("0"), .. Text("cpu"),
        (byte)'K', 6, (byte)'t', (byte)'Q',
    ];

    private static byte[] Global(string module, string name) => Encoding.UTF8.GetBytes($"c{module}\n{name}\n");

    private static byte[] Short(string text) => [0x8C, (byte)text.Length, .. Encoding.UTF8.GetBytes(text)];

    private static byte[] Text(string text)
    {
        var bytes = new byte[5 + text.Length];
        bytes[0] = (byte)'X';
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), text.Length);
        Encoding.ASCII.GetBytes(text, bytes.AsSpan(5));
        return bytes;
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
