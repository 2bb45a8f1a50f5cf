// The umbrella of the engine: what a tool gets from `import VAEGPU`.
@_exported import Compute
@_exported import Datasets
@_exported import FileFormats
@_exported import Graph
@_exported import NeuralNetwork
@_exported import Training
@_exported import VAEModels

@_exported import struct OpenCLBackend.DriverProblem
@_exported import enum OpenCLBackend.GemmChoice
@_exported import struct OpenCLBackend.GemmShape
@_exported import struct OpenCLBackend.ListedProgram
