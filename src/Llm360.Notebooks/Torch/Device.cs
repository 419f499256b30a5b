// The device of tensors and computations.
using System.Globalization;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>A device for tensors: the CPU or one CUDA device.</summary>
/// <param name="Kind"><c>cpu</c> or <c>cuda</c>.</param>
/// <param name="Index">Number of the CUDA device; 0 for the CPU.</param>
public sealed record Device(string Kind, int Index)
{
    /// <summary>The CPU.</summary>
    public static Device Cpu { get; } = new("cpu", 0);

    /// <summary>The first CUDA device if LibTorch sees one, else the CPU.</summary>
    public static Device Best
    {
        get
        {
            LibTorch.Load();
            return torch.cuda_is_available() ? new Device("cuda", 0) : Cpu;
        }
    }

    /// <summary>The device as a TorchSharp device.</summary>
    public torch.Device ToTorch() => Kind == "cpu" ? torch.CPU : torch.device(DeviceType.CUDA, Index);

    /// <summary>Reads <c>best</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
    /// <exception cref="Llm360Exception">
    /// The text is none of these, or there is no such device.
    /// </exception>
    public static Device Parse(string text)
    {
        if (text is "best" or "cpu")
            return text == "cpu" ? Cpu : Best;
        var index = text == "cuda" ? "0" : text.StartsWith("cuda:", StringComparison.Ordinal) ? text[5..] : "";
        if (!int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            throw new Llm360Exception($"\"{text}\" is not a device.", "device", "Use best, cpu, cuda or cuda:N.");
        LibTorch.Load();
        var count = torch.cuda_is_available() ? torch.cuda.device_count() : 0;
        return number < count ? new Device("cuda", number)
            : throw new Llm360Exception(
                $"The device {text} is not there: LibTorch sees {count} CUDA device(s).", LibTorch.Folder,
                $"Use cpu, or set {LibTorch.FolderVariable} to a LibTorch with CUDA and check the driver.");
    }

    /// <inheritdoc/>
    public override string ToString() => Kind == "cpu" ? Kind : $"{Kind}:{Index}";
}
