// Every golden checkpoint file has the tensors of tests/fixtures/weights/tensors.json.
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class GoldenWeightsTests
{
    private static readonly JsonObject Golden = Fixtures.Json("weights", "tensors.json").AsObject();

    public static TheoryData<string> Files => [.. Golden.Select(f => f.Key)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_tensor_is_there_with_its_type_shape_place_and_hash(string file)
    {
        using var weights = StateDict.Open(Fixtures.Path(["weights", .. file.Split('/')]));
        var expected = Golden[file]!["tensors"]!.AsArray();
        Assert.Equal(
            expected.Select(t => (string)t!["name"]!).Order(StringComparer.Ordinal),
            weights.Entries.Keys.Order(StringComparer.Ordinal));
        foreach (var tensor in expected)
        {
            var entry = weights.Entries[(string)tensor!["name"]!];
            Assert.Equal((string)tensor["dtype"]!, entry.DType);
            Assert.Equal(tensor["shape"].Deserialize<long[]>(), entry.Shape);
            Assert.Equal((string)tensor["sha256"]!, weights.Hash(entry.Name));
            if (tensor["begin"] is { } begin)
                Assert.Equal((long)begin, entry.Begin);
            if (tensor["storage"] is { } storage)
            {
                Assert.Equal(storage.ToString(), entry.Storage);
                Assert.Equal((long)tensor["offset"]!, entry.Offset);
                Assert.Equal(tensor["stride"].Deserialize<long[]>(), entry.Strides ?? SafetensorsTypes.RowMajor(entry.Shape));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Views_hold_the_same_elements(string file)
    {
        using var weights = StateDict.Open(Fixtures.Path(["weights", .. file.Split('/')]));
        using var scope = torch.NewDisposeScope();
        foreach (var tensor in Golden[file]!["tensors"]!.AsArray())
        {
            var view = weights.View((string)tensor!["name"]!);
            Assert.Equal(tensor["shape"].Deserialize<long[]>(), view.shape);
            var first = tensor["first"]!.AsArray();
            var flat = view.reshape(-1);
            for (var i = 0; i < first.Count; i++)
            {
                using var element = flat[i];
                if (view.dtype is torch.ScalarType.Int64)
                    Assert.Equal((long)first[i]!, element.item<long>());
                else if (view.dtype is torch.ScalarType.Bool)
                    Assert.Equal((bool)first[i]!, element.item<bool>());
                else
                    Assert.Equal(
                        BitConverter.DoubleToInt64Bits(Number(first[i]!)),
                        BitConverter.DoubleToInt64Bits(Number(element.to(torch.float64).item<double>())));
            }
        }
    }

    [Fact]
    public void Metadata_is_read()
    {
        foreach (var (file, facts) in Golden.Where(f => f.Value!["metadata"] is not null))
        {
            using var weights = StateDict.Open(Fixtures.Path(["weights", .. file.Split('/')]));
            Assert.Equal(facts!["metadata"].Deserialize<Dictionary<string, string>>(), new Dictionary<string, string>(weights.Metadata));
        }
    }

    [Theory]
    [InlineData("sharded-safetensors", "model.safetensors.index.json")]
    [InlineData("sharded-bin", "pytorch_model.bin.index.json")]
    public void Shards_open_by_their_folder_and_by_their_index(string folder, string index)
    {
        using var byFolder = StateDict.Open(Fixtures.Path("weights", folder));
        using var byIndex = StateDict.Open(Fixtures.Path("weights", folder, index));
        Assert.Equal(21, byFolder.Entries.Count);
        Assert.Equal(3, byFolder.Files.Count);
        Assert.Equal(byFolder.Entries.Keys, byIndex.Entries.Keys);
        foreach (var (file, facts) in Golden.Where(f => f.Key.StartsWith(folder + "/", StringComparison.Ordinal)))
        {
            foreach (var tensor in facts!["tensors"]!.AsArray())
            {
                Assert.Equal((string)tensor!["sha256"]!, byFolder.Hash((string)tensor["name"]!));
                Assert.Equal(file.Split('/')[1], Path.GetFileName(byFolder.Entries[(string)tensor["name"]!].File));
            }
        }
    }

    [Fact]
    public void A_nested_checkpoint_has_the_golden_tree()
    {
        using var weights = StateDict.Open(Fixtures.Path("weights", "nested.pt"));
        Assert.True(
            PythonJson.Same(Fixtures.Json("weights", "nested.json"), PythonJson.Of(weights.Root)),
            PythonJson.Of(weights.Root)?.ToJsonString());
    }

    // JSON text does not contain the payload of a NaN.
    private static double Number(JsonNode value) =>
        value.GetValueKind() == JsonValueKind.String ? Number(double.Parse((string)value!, CultureInfo.InvariantCulture))
        : value.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? (bool)value ? 1 : 0 : (double)value;

    private static double Number(double value) => double.IsNaN(value) ? double.NaN : value;
}
