// Binding a model's parameters: views, conversions, the next checkpoint in the same memory.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class BoundWeightsTests(PicoSuite pico)
{
    [Fact]
    public void In_the_files_own_type_parameters_are_views_and_converted_they_are_right()
    {
        var source = StateDict.Open(Fixtures.Path("weights", "torch-zip.bin"));
        string[] names = [.. source.Entries.Values.Where(e => e.DType == "F32").Select(e => e.Name)];
        using var scope = torch.NewDisposeScope();
        var expected = names.ToDictionary(n => n, n => source.View(n).clone());
        using var mapped = BoundWeights.Load(source, names);
        using var converted = BoundWeights.Load(StateDict.Open(Fixtures.Path("weights", "torch-zip.bin")), names, type: torch.float64);
        foreach (var name in names)
        {
            Assert.True(mapped.Tensors[name].Equals(expected[name]), name);
            Assert.Equal(torch.float64, converted.Tensors[name].dtype);
            Assert.True(converted.Tensors[name].Equals(expected[name].to(torch.float64)), name);
        }
    }

    [Fact]
    public void The_next_checkpoint_fills_the_same_tensors()
    {
        using var folder = new TemporaryFolder();
        Write(folder["a.safetensors"], 1);
        Write(folder["b.safetensors"], 2);
        using var bound = BoundWeights.Load(StateDict.Open(folder["a.safetensors"]), ["w", "v"], type: torch.bfloat16);
        var (w, address) = (bound.Tensors["w"], Address(bound.Tensors["w"]));
        bound.Rebind(StateDict.Open(folder["b.safetensors"]));
        Assert.Same(w, bound.Tensors["w"]);
        Assert.Equal(address, Address(bound.Tensors["w"]));
        using var source = StateDict.Open(folder["b.safetensors"]);
        using var scope = torch.NewDisposeScope();
        Assert.True(bound.Tensors["w"].Equals(source.View("w").to(torch.bfloat16)));
        Assert.True(bound.Tensors["v"].Equals(source.View("v").to(torch.bfloat16)));
    }

    [Fact]
    public void The_type_of_the_first_checkpoint_stays()
    {
        using var folder = new TemporaryFolder();
        Write(folder["a.safetensors"], 1);
        Write(folder["b.safetensors"], 2, torch.float16);
        using var bound = BoundWeights.Load(StateDict.Open(folder["a.safetensors"]), ["w"]);
        bound.Rebind(StateDict.Open(folder["b.safetensors"]));
        Assert.Equal(torch.float32, bound.Tensors["w"].dtype);
        using var source = StateDict.Open(folder["b.safetensors"]);
        using var scope = torch.NewDisposeScope();
        Assert.True(bound.Tensors["w"].Equals(source.View("w").to(torch.float32)));
        bound.Rebind(StateDict.Open(folder["a.safetensors"]));
        using var first = StateDict.Open(folder["a.safetensors"]);
        Assert.True(bound.Tensors["w"].Equals(first.View("w")));
    }

    [Theory]
    [InlineData(torch.ScalarType.Float32)] // Mapped.
    [InlineData(torch.ScalarType.BFloat16)]
    public void After_a_cancelled_rebinding_the_parameters_are_the_former_ones(torch.ScalarType type)
    {
        using var folder = new TemporaryFolder();
        Write(folder["a.safetensors"], 1);
        Write(folder["b.safetensors"], 2);
        using var bound = BoundWeights.Load(StateDict.Open(folder["a.safetensors"]), ["w", "v"], type: type);
        using (var stop = new CancellationTokenSource())
        using (AmbientWork.Begin(null, stop.Token))
        {
            stop.Cancel();
            Assert.Throws<OperationCanceledException>(() => bound.Rebind(StateDict.Open(folder["b.safetensors"])));
        }

        using var source = StateDict.Open(folder["a.safetensors"]);
        using var scope = torch.NewDisposeScope();
        Assert.True(bound.Tensors["w"].Equals(source.View("w").to(type)));
        Assert.True(bound.Tensors["v"].Equals(source.View("v").to(type)));
        bound.Rebind(StateDict.Open(folder["b.safetensors"]));
        Assert.False(bound.Tensors["w"].Equals(source.View("w").to(type)));
    }

    [Fact]
    public void Every_missing_extra_and_misshapen_tensor_is_in_one_error()
    {
        using var folder = new TemporaryFolder();
        Write(folder["a.safetensors"], 1);
        using var source = StateDict.Open(folder["a.safetensors"]);
        var error = Assert.Throws<Llm360Exception>(() => source.Check([("w", [3, 4]), ("x", [1]), ("y", [2])], _ => false));
        Assert.Contains("missing x; missing y; w has shape [4, 3], not [3, 4]; unknown v", error.What, StringComparison.Ordinal);
        source.Check([("w", [4, 3])], name => name == "v");
    }

    [Fact]
    public async Task A_sweep_gives_each_checkpoints_own_results()
    {
        var suite = pico.Suite;
        using var tokens = torch.arange(24, torch.int64).view(2, 12);
        var seen = 0;
        await foreach (var (checkpoint, model) in suite.Checkpoints.SweepAsync(Notebooks.Device.Cpu))
        {
            using var alone = LlamaModel.Load(checkpoint.Folder);
            using var scope = torch.NewDisposeScope();
            Assert.True(model.Forward(tokens).Equals(alone.Forward(tokens)), checkpoint.Name);
            seen++;
        }

        Assert.Equal(suite.Checkpoints.Count, seen);
    }

    [Fact]
    public async Task In_a_sweep_each_checkpoint_keeps_its_own_type_unless_one_is_asked_for()
    {
        using var folder = new TemporaryFolder();
        var checkpoints = new List<Checkpoint>();
        foreach (var (type, i) in new[] { torch.float32, torch.bfloat16, torch.bfloat16, torch.float32 }.Select((t, i) => (t, i)))
        {
            var source = pico.Suite.Checkpoints[i];
            Directory.CreateDirectory(folder[source.Name]);
            File.Copy(Path.Combine(source.Folder, "config.json"), folder[source.Name, "config.json"]);
            using var weights = StateDict.Open(source.Folder);
            using var scope = torch.NewDisposeScope();
            SafetensorsWriter.Write(
                folder[source.Name, "model.safetensors"],
                [.. weights.Entries.Keys.Select(n => (n, weights.View(n).to(type)))]);
            checkpoints.Add(source with { Folder = folder[source.Name] });
        }

        var own = new List<torch.ScalarType>();
        using var tokens = torch.arange(12, torch.int64).view(1, 12);
        await foreach (var (checkpoint, model) in checkpoints.SweepAsync(Notebooks.Device.Cpu))
        {
            own.Add(model.Type);
            using var alone = LlamaModel.Load(checkpoint.Folder);
            using var scope = torch.NewDisposeScope();
            Assert.True(model.Forward(tokens).Equals(alone.Forward(tokens)), checkpoint.Name);
        }

        Assert.Equal([torch.float32, torch.bfloat16, torch.bfloat16, torch.float32], own);
        await foreach (var (_, model) in checkpoints.SweepAsync(new(Notebooks.Device.Cpu, Precision.Fp16)))
            Assert.Equal(torch.float16, model.Type);
    }

    [Fact]
    public void Another_configuration_is_refused_and_the_model_is_as_it_was()
    {
        var checkpoint = pico.Suite.Checkpoints[^1];
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(checkpoint.Folder))
            File.Copy(file, folder[Path.GetFileName(file)]);
        var config = folder["config.json"];
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"rms_norm_eps\": ", "\"rms_norm_eps\": 1", StringComparison.Ordinal));
        using var model = LlamaModel.Load(checkpoint.Folder);
        using var scope = torch.NewDisposeScope();
        var tokens = torch.arange(5, torch.int64).view(1, 5);
        var before = model.Forward(tokens);
        Assert.Contains("configuration", Assert.Throws<Llm360Exception>(() => model.Rebind(folder.Path)).What, StringComparison.Ordinal);
        Assert.True(model.Forward(tokens).Equals(before));
    }

    private static void Write(string path, int seed, torch.ScalarType type = torch.ScalarType.Float32)
    {
        using var scope = torch.NewDisposeScope();
        var generator = new torch.Generator((ulong)seed);
        SafetensorsWriter.Write(path,
            [("w", torch.randn([4, 3], generator: generator).to(type)), ("v", torch.randn([5], generator: generator).to(type))]);
    }

    private static unsafe nint Address(torch.Tensor tensor)
    {
        fixed (byte* data = tensor.bytes)
            return (nint)data;
    }
}
