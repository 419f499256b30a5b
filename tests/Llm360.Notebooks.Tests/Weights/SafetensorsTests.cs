// Safetensors files: written files are read and mapped, broken files are refused.
using System.Text;
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class SafetensorsTests
{
    [Fact]
    public void Every_type_and_shape_comes_back_as_written()
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        (string Name, torch.Tensor Tensor)[] tensors =
        [
            ("a.float", torch.arange(6, torch.float32).view(2, 3)),
            ("double", torch.tensor(1.5)),
            ("half", torch.ones(5, torch.float16)),
            ("bfloat", torch.ones(7, torch.bfloat16)),
            ("long", torch.tensor(new[] { long.MinValue, long.MaxValue })),
            ("int", torch.zeros([2, 0, 3], torch.int32)),
            ("bool", torch.tensor(new[] { true, false, true })),
            ("transposed \"name\"", torch.arange(6, torch.float32).view(2, 3).t()),
        ];
        SafetensorsWriter.Write(folder["x.safetensors"], tensors, new Dictionary<string, string> { ["who"] = "tëst" });
        using var file = StateDict.Open(folder["x.safetensors"]);
        Assert.Equal("tëst", file.Metadata["who"]);
        Assert.Equal(tensors.Length, file.Entries.Count);
        foreach (var (name, tensor) in tensors)
            Assert.True(file.View(name).Equals(tensor), name);
        Assert.Equal(0, file.Entries["a.float"].Begin % 64);
    }

    [Fact]
    public void A_missing_tensor_is_named() => WithFile(path =>
    {
        using var file = StateDict.Open(path);
        Assert.Contains("nothing", Assert.Throws<Llm360Exception>(() => file.View("nothing")).What, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(4)]
    [InlineData(60)]
    [InlineData(-1)]
    public void A_truncated_file_is_refused_with_its_path(int keep) => WithFile(path =>
    {
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(keep < 0 ? bytes.Length + keep : keep)]);
        Assert.Contains(path, Assert.ThrowsAny<Llm360Exception>(() => StateDict.Open(path)).Where, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "do not fit")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "follow")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}""", 4, "F8_E4M3")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "no sense")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,4]}}""", 4, "do not fit")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4,
        "not what")]
    [InlineData("""{"a":{"dtype":"F32"}}""", 4, "not what")]
    [InlineData("[1, 2]", 0, "not what")]
    [InlineData("{", 0, "not what")]
    public void A_header_that_contradicts_the_data_is_refused(string header, int dataBytes, string says)
    {
        using var folder = new TemporaryFolder();
        var json = Encoding.UTF8.GetBytes(header);
        File.WriteAllBytes(folder["x.safetensors"], [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. new byte[dataBytes]]);
        Assert.Contains(says, Assert.ThrowsAny<Llm360Exception>(() => StateDict.Open(folder["x.safetensors"])).What,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_longer_than_the_file_is_refused_before_memory_is_taken()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["x.safetensors"], [.. BitConverter.GetBytes(ulong.MaxValue), 1, 2, 3]);
        Assert.ThrowsAny<Llm360Exception>(() => StateDict.Open(folder["x.safetensors"]));
    }

    [Fact]
    public void Weights_that_do_not_fit_the_configuration_are_all_listed()
    {
        using var folder = new TemporaryFolder();
        var source = Fixtures.Path("training", "init");
        File.Copy(Path.Combine(source, "config.json"), folder["config.json"]);
        using (var file = StateDict.Open(Path.Combine(source, "model.safetensors")))
        using (torch.NewDisposeScope())
        {
            var tensors = file.Entries.Keys.Select(n => (Name: n, Tensor: file.View(n))).Where(t => t.Name != LlamaNames.FinalNorm)
                .Select(t => t.Name == LlamaNames.Query(1) ? (t.Name, t.Tensor.narrow(0, 0, 8)) : t)
                .Append(("surprise", torch.zeros(1))).ToList();
            SafetensorsWriter.Write(folder["model.safetensors"], tensors);
        }

        var error = Assert.Throws<Llm360Exception>(() => LlamaModel.Load(folder.Path, Device.Cpu));
        Assert.Contains("missing model.norm.weight", error.What, StringComparison.Ordinal);
        Assert.Contains("model.layers.1.self_attn.q_proj.weight has shape [8, 32], not [32, 32]", error.What, StringComparison.Ordinal);
        Assert.Contains("unknown surprise", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file_and_no_other() => WithFile(path =>
    {
        var before = File.ReadAllBytes(path);
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException("stopped");
        }));
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    });

    private static void WithFile(Action<string> test)
    {
        using var folder = new TemporaryFolder();
        using var tensor = torch.arange(100, torch.float32);
        SafetensorsWriter.Write(folder["x.safetensors"], [("a", tensor)]);
        test(folder["x.safetensors"]);
    }
}
