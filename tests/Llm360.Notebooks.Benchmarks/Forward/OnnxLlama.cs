// A LLaMA checkpoint as an ONNX graph of ONNX Runtime's own fused operators, and its session.
using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using TorchSharp;

namespace Llm360.Notebooks.Benchmarks.Forward;

/// <summary>The strongest form of the model that ONNX Runtime has for the CPU:
/// SimplifiedLayerNormalization, GroupQueryAttention with its rotary embedding, and QuickGelu as
/// SiLU. Its output is all logits.</summary>
/// <remarks>Field numbers are those of onnx.proto, version 1.</remarks>
internal sealed class OnnxLlama : IDisposable
{
    private const int Float = 1, Int32 = 6, Int64 = 7;
    private const string Contributed = "com.microsoft";
    private readonly List<byte[]> nodes = [], initializers = [];
    private readonly InferenceSession session;
    private readonly OrtValue input;

    /// <summary>Builds the graph for one shape of input and loads it.</summary>
    /// <param name="folder">The checkpoint; the graph is written beside it.</param>
    /// <param name="rows">Token ids, all of one length.</param>
    /// <param name="threads">Threads of the session.</param>
    public OnnxLlama(string folder, int[][] rows, int threads)
    {
        var config = LlamaConfig.Read(Path.Combine(folder, "config.json"));
        using var weights = StateDict.Open(folder);
        long batch = rows.Length, time = rows[0].Length;
        var path = Path.Combine(folder, $"{batch}x{time}.onnx");
        using (var file = File.Create(path))
        using (var output = new CodedOutputStream(file))
            Model(output, config, weights, batch, time);
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        };
        session = new InferenceSession(path, options);
        input = OrtValue.CreateTensorValueFromMemory(rows.SelectMany(r => r).Select(t => (long)t).ToArray(), [batch, time]);
    }

    /// <summary>One pass.</summary>
    /// <returns>[rows, time, vocabulary]; dispose it.</returns>
    public IDisposableReadOnlyCollection<OrtValue> Run()
    {
        using var options = new Microsoft.ML.OnnxRuntime.RunOptions();
        return session.Run(options, ["tokens"], [input], ["logits"]);
    }

    public void Dispose()
    {
        input.Dispose();
        session.Dispose();
    }

    private void Model(CodedOutputStream output, LlamaConfig config, StateDict weights, long batch, long time)
    {
        Build(config, weights, (int)batch, (int)time);
        var graph = Message(g =>
        {
            nodes.ForEach(n => Bytes(g, 1, n));
            Text(g, 2, "llama");
            initializers.ForEach(i => Bytes(g, 5, i));
            Bytes(g, 11, Value("tokens", Int64, [batch, time]));
            Bytes(g, 12, Value("logits", Float, [batch, time, config.VocabularySize]));
        });
        Number(output, 1, 8); // ir_version
        Bytes(output, 7, graph);
        foreach (var (domain, version) in new[] { ("", 17L), (Contributed, 1L) })
        {
            Bytes(output, 8, Message(o =>
            {
                Text(o, 1, domain);
                Number(o, 2, version);
            }));
        }
    }

    private void Build(LlamaConfig config, StateDict weights, int batch, int time)
    {
        var table = new RotaryTable(config, time);
        long half = config.HeadDimension / 2;
        Constant("cos", Float, [time, half], MemoryMarshal.AsBytes<float>(table.Cos));
        Constant("sin", Float, [time, half], MemoryMarshal.AsBytes<float>(table.Sin));
        Constant("lengths", Int32, [batch], MemoryMarshal.AsBytes<int>(Enumerable.Repeat(time - 1, batch).ToArray()));
        Constant("length", Int32, [1], MemoryMarshal.AsBytes<int>([time]));
        var x = Node("Gather", [Weight(weights, LlamaNames.Embedding, transpose: false), "tokens"]);
        for (var i = 0; i < config.Layers; i++)
        {
            var y = Norm(config, weights, x, LlamaNames.AttentionNorm(i));
            var q = Product(weights, y, LlamaNames.Query(i));
            var k = Product(weights, y, LlamaNames.Key(i));
            var v = Product(weights, y, LlamaNames.Value(i));
            byte[][] attributes =
                [Attribute("num_heads", config.Heads), Attribute("kv_num_heads", config.KeyValueHeads), Attribute("do_rotary", 1)];
            var mixed = Node("GroupQueryAttention", [q, k, v, "", "", "lengths", "length", "cos", "sin"], Contributed, outputs: 3,
                attributes: attributes);
            x = Node("Add", [x, Product(weights, mixed, LlamaNames.AttentionOutput(i))]);
            y = Norm(config, weights, x, LlamaNames.MlpNorm(i));
            var gate = Node("QuickGelu", [Product(weights, y, LlamaNames.Gate(i))], Contributed, attributes: [Attribute("alpha", 1f)]);
            x = Node("Add", [x, Product(weights, Node("Mul", [gate, Product(weights, y, LlamaNames.Up(i))]), LlamaNames.Down(i))]);
        }

        var last = Norm(config, weights, x, LlamaNames.FinalNorm);
        var head = Weight(weights, config.TiedHead ? LlamaNames.Embedding : LlamaNames.Head, transpose: true);
        Node("MatMul", [last, head], name: "logits");
    }

    private string Norm(LlamaConfig config, StateDict weights, string x, string name) =>
        Node(
            "SimplifiedLayerNormalization",
            [x, Weight(weights, name, transpose: false)],
            attributes: [Attribute("axis", -1), Attribute("epsilon", (float)config.NormEps), Attribute("stash_type", 1)]);

    private string Product(StateDict weights, string x, string name) => Node("MatMul", [x, Weight(weights, name, transpose: true)]);

    private string Weight(StateDict weights, string name, bool transpose)
    {
        using var scope = torch.NewDisposeScope();
        var tensor = weights.View(name);
        if (transpose)
            tensor = tensor.t().contiguous();
        Constant(name, Float, tensor.shape, MemoryMarshal.AsBytes<float>(tensor.data<float>().ToArray()));
        return name;
    }

    private string Node(string type, string[] inputs, string domain = "", int outputs = 1, byte[][]? attributes = null, string? name = null)
    {
        name ??= $"n{nodes.Count}";
        nodes.Add(Message(n =>
        {
            foreach (var input in inputs)
                Text(n, 1, input);
            for (var i = 0; i < outputs; i++)
                Text(n, 2, i == 0 ? name : $"{name}.{i}");
            Text(n, 4, type);
            foreach (var attribute in attributes ?? [])
                Bytes(n, 5, attribute);
            Text(n, 7, domain);
        }));
        return name;
    }

    private void Constant(string name, int type, long[] shape, ReadOnlySpan<byte> data)
    {
        var bytes = data.ToArray();
        initializers.Add(Message(t =>
        {
            foreach (var size in shape)
                Number(t, 1, size);
            Number(t, 2, type);
            Text(t, 8, name);
            Bytes(t, 9, bytes);
        }));
    }

    private static byte[] Value(string name, int type, long[] shape) => Message(v =>
    {
        Text(v, 1, name);
        Bytes(v, 2, Message(t => Bytes(t, 1, Message(tensor =>
        {
            Number(tensor, 1, type);
            Bytes(tensor, 2, Message(s =>
            {
                foreach (var size in shape)
                    Bytes(s, 1, Message(d => Number(d, 1, size)));
            }));
        }))));
    });

    private static byte[] Attribute(string name, int value) => Message(a =>
    {
        Text(a, 1, name);
        Number(a, 3, value);
        Number(a, 20, 2);
    });

    private static byte[] Attribute(string name, float value) => Message(a =>
    {
        Text(a, 1, name);
        a.WriteTag(2, WireFormat.WireType.Fixed32);
        a.WriteFloat(value);
        Number(a, 20, 1);
    });

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory, leaveOpen: true))
            write(output);
        return memory.ToArray();
    }

    private static void Number(CodedOutputStream output, int field, long value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    }

    private static void Text(CodedOutputStream output, int field, string value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(value);
    }

    private static void Bytes(CodedOutputStream output, int field, byte[] value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(UnsafeByteOperations.UnsafeWrap(value));
    }
}
